package httpcheck

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// TakeOptions say where in an answer a value is; one of the three.
type TakeOptions struct {
	JSON   string `yaml:"json"`   // path in the body's document: data.token
	Header string `yaml:"header"` // name of a header
	Match  string `yaml:"match"`  // regular expression (RE2) for the body, or for the header: its first group
}

// take is one of them, compiled.
type take struct {
	name   string
	path   path
	isJSON bool
	header string
	match  *regexp.Regexp // nil: all of the header
}

// maxTaken bounds a value, in bytes.
const maxTaken = 16 << 10

func compileTakes(all map[string]TakeOptions) ([]take, error) {
	takes := make([]take, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o := all[name]
		t := take{name: name, header: o.Header, isJSON: o.JSON != ""}
		var err error
		switch {
		case !isName(name):
			return nil, outcry.FieldErrorf("steps", "take: %q is no name of a value: letters, digits and _", name)
		case t.isJSON == (o.Header != "" || o.Match != ""):
			return nil, outcry.FieldErrorf("steps", "take %s: give it json, or header, or match", name)
		case t.isJSON:
			if t.path, err = parsePath(o.JSON); err != nil {
				return nil, outcry.FieldErrorf("steps", "take %s: %s", name, err)
			}
		case o.Match != "":
			if t.match, err = regexp.Compile(o.Match); err != nil {
				return nil, outcry.FieldErrorf("steps", "take %s: %s", name, err)
			}
		}
		takes = append(takes, t)
	}
	return takes, nil
}

// takeAll reads the values of an answer into the map. Its error is a
// [*probe.Fault] and repeats none of the answer.
func takeAll(takes []take, resp *http.Response, body *answer, into map[string]string) error {
	var doc any
	for i := range takes {
		t := &takes[i]
		if t.isJSON && doc == nil {
			if !body.whole {
				return &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("take %s: the body goes on after %d bytes", t.name, maxBody)}
			}
			var err error
			if doc, err = decodeJSON(body.bytes()); err != nil {
				return &probe.Fault{Reason: probe.ReasonJSON, Err: fmt.Errorf("take %s: %w", t.name, err)}
			}
		}
		value, reason := t.from(resp, body, doc)
		if reason != "" {
			return &probe.Fault{Reason: reason, Err: fmt.Errorf("take %s: it is not there, in %d bytes", t.name, len(body.bytes()))}
		}
		if len(value) > maxTaken {
			return &probe.Fault{Reason: probe.ReasonTooLarge, Err: fmt.Errorf("take %s: over %d bytes", t.name, maxTaken)}
		}
		into[t.name] = value
	}
	return nil
}

// from finds the value; the reason is empty when it is there.
func (t *take) from(resp *http.Response, body *answer, doc any) (string, probe.Reason) {
	switch {
	case t.isJSON:
		v, ok := t.path.find(doc)
		if !ok || v == nil {
			return "", probe.ReasonJSON
		}
		return scalarText(v), ""
	case t.header != "":
		values := resp.Header.Values(t.header)
		for _, v := range values {
			if t.match == nil {
				return v, ""
			}
			if m := t.match.FindStringSubmatch(v); m != nil {
				return m[min(1, len(m)-1)], ""
			}
		}
		return "", probe.ReasonHeader
	default:
		m := t.match.FindSubmatch(body.bytes())
		switch {
		case m == nil && !body.whole:
			return "", probe.ReasonTooLarge
		case m == nil:
			return "", probe.ReasonBody
		}
		return string(m[min(1, len(m)-1)]), ""
	}
}
