package intake

import (
	"net/url"
	"strings"

	"github.com/outcry/outcry"
)

// parseForm sets r to the report in the body of an HTML form. Fields that were
// left empty are not there.
func parseForm(data []byte, r *Raw) *outcry.Error {
	*r = Raw{}
	values, err := url.ParseQuery(string(data))
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "is not a form")
	}
	for name, v := range values {
		f := fieldOf(name)
		if f == fieldNone {
			return unknownField(name)
		}
		if len(v) != 1 {
			return outcry.FieldErrorf(name, "is given twice")
		}
		text := typed(f, v[0])
		if text == "" {
			continue
		}
		if f == fieldWorks {
			if r.Works, err = formTruth(text); err != nil {
				return outcry.FieldErrorf(name, "is neither true nor false")
			}
			continue
		}
		if err := r.set(f, text); err != nil {
			return err
		}
	}
	return nil
}

// typed is what a person has typed, who leaves blanks and writes a region's code
// in small letters.
func typed(f field, text string) string {
	text = strings.TrimSpace(text)
	if f == fieldRegion {
		return strings.ToUpper(text)
	}
	return text
}

// formTruth also knows what a checkbox says.
func formTruth(s string) (bool, error) {
	switch s {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, outcry.Errorf(outcry.CodeInvalid, "%q is not a truth value", clip(s))
}
