package intake

import (
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry/outcry"
)

// field is one of a report.
type field uint8

const (
	fieldNone field = iota
	fieldService
	fieldSymptom
	fieldRegion
	fieldCarrier
	fieldPlatform
	fieldVersion
	fieldComment
	fieldAt
	fieldReporter
	fieldWorks
)

func (f field) String() string {
	return [...]string{"", "service", "symptom", "region", "carrier", "platform", "version", "comment", "at", "reporter", "works"}[f]
}

// fieldOf gives fieldNone for a name that no field has.
func fieldOf(name string) field {
	switch name {
	case "service":
		return fieldService
	case "symptom":
		return fieldSymptom
	case "region":
		return fieldRegion
	case "carrier":
		return fieldCarrier
	case "platform":
		return fieldPlatform
	case "version":
		return fieldVersion
	case "comment":
		return fieldComment
	case "at":
		return fieldAt
	case "reporter":
		return fieldReporter
	case "works":
		return fieldWorks
	}
	return fieldNone
}

// parser reads one report of JSON (RFC 8259) at a time: an object of texts, and
// the truth value `works`. It is written for that shape alone, which makes it
// several times faster than a decoder of any value; texts with escapes are left
// to the library.
type parser struct {
	rest  []byte
	known map[string]string // texts that keep coming back
	plain []byte            // memory for a text without its escapes
	// open is the field whose text does not end in the input.
	open string
}

const (
	keptTexts   = 512
	keptTextMax = 64 // bytes of a text worth keeping
)

// parse sets r to the report in data.
func (p *parser) parse(data []byte, r *Raw) *outcry.Error {
	*r = Raw{}
	p.rest, p.open = data, ""
	if !p.eat('{') {
		return outcry.Errorf(outcry.CodeInvalid, "is not a JSON object")
	}
	var seen uint
	for more := !p.eat('}'); more; {
		field, err := p.field(&seen)
		if err != nil {
			return err
		}
		if err := p.value(field, r); err != nil {
			return err
		}
		switch {
		case p.eat(','):
		case p.eat('}'):
			more = false
		default:
			return outcry.Errorf(outcry.CodeInvalid, "is not JSON: behind %q there is neither a comma nor the end", field)
		}
	}
	if p.blank(); len(p.rest) > 0 {
		return outcry.Errorf(outcry.CodeInvalid, "has more behind the JSON object")
	}
	return nil
}

func (p *parser) blank() {
	for i, c := range p.rest {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			p.rest = p.rest[i:]
			return
		}
	}
	p.rest = nil
}

func (p *parser) eat(c byte) bool {
	if p.blank(); len(p.rest) > 0 && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

func (p *parser) word(w string) bool {
	if len(p.rest) < len(w) || string(p.rest[:len(w)]) != w {
		return false
	}
	p.rest = p.rest[len(w):]
	return true
}

func (p *parser) field(seen *uint) (field, *outcry.Error) {
	name, ok := p.text()
	if !ok {
		return 0, outcry.Errorf(outcry.CodeInvalid, "is not JSON: a field's name is missing or wrong")
	}
	f := fieldOf(string(name))
	if f == fieldNone {
		return 0, unknownField(string(name))
	}
	if *seen&(1<<f) != 0 {
		return 0, outcry.FieldErrorf(f.String(), "is given twice")
	}
	*seen |= 1 << f
	if !p.eat(':') {
		return 0, outcry.Errorf(outcry.CodeInvalid, "is not JSON: behind the name %q there is no colon", f)
	}
	return f, nil
}

func unknownField(name string) *outcry.Error {
	return outcry.FieldErrorf(clip(name), "is not a field of a report")
}

func (p *parser) value(f field, r *Raw) *outcry.Error {
	p.blank()
	switch {
	case p.word("null"):
		return nil
	case f == fieldWorks:
		r.Works = p.word("true")
		if !r.Works && !p.word("false") {
			return outcry.FieldErrorf(f.String(), "is neither true nor false")
		}
		return nil
	case len(p.rest) == 0 || p.rest[0] != '"':
		return outcry.FieldErrorf(f.String(), "is not a text")
	}
	text, ok := p.text()
	if !ok {
		if len(p.rest) == 0 {
			p.open = f.String()
		}
		return outcry.FieldErrorf(f.String(), "is not a text of well-formed JSON and UTF-8")
	}
	if f >= fieldComment { // these hardly ever come back
		return r.set(f, string(text))
	}
	return r.set(f, p.keep(text))
}

// set gives one of the text fields its value.
func (r *Raw) set(f field, text string) *outcry.Error {
	switch f {
	case fieldService:
		r.Service = text
	case fieldSymptom:
		r.Symptom = text
	case fieldRegion:
		r.Region = text
	case fieldCarrier:
		r.Carrier = text
	case fieldPlatform:
		r.Platform = text
	case fieldVersion:
		r.Version = text
	case fieldComment:
		r.Comment = text
	case fieldReporter:
		r.Reporter = text
	case fieldAt:
		return r.setAt(text)
	}
	return nil
}

func (r *Raw) setAt(text string) *outcry.Error {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.IsZero() {
		return outcry.FieldErrorf("at", "is not a time like 2024-05-16T21:39:00Z (RFC 3339)")
	}
	r.At = at
	return nil
}

// text reads a quoted text; the result is valid until the next one.
func (p *parser) text() ([]byte, bool) {
	if !p.eat('"') {
		return nil, false
	}
	ascii := true
	for i, c := range p.rest {
		switch {
		case c == '"':
			text := p.rest[:i]
			p.rest = p.rest[i+1:]
			return text, ascii || utf8.Valid(text)
		case c == '\\':
			return p.escaped(i)
		case c < ' ':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	p.rest = nil
	return nil, false
}

// escaped reads on where a backslash stands.
func (p *parser) escaped(from int) ([]byte, bool) {
	for i := from; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\\':
			i++
		case '"':
			quoted := append([]byte{'"'}, p.rest[:i+1]...)
			p.rest = p.rest[i+1:]
			text, err := jsontext.AppendUnquote(p.plain[:0], quoted)
			p.plain = text
			return text, err == nil
		}
	}
	p.rest = nil
	return nil, false
}

// keep makes a string of the text, the same one for the same text if it is short
// and comes often.
func (p *parser) keep(text []byte) string {
	if s, ok := p.known[string(text)]; ok {
		return s
	}
	s := string(text)
	if len(s) > keptTextMax {
		return s
	}
	if p.known == nil || len(p.known) >= keptTexts {
		p.known = make(map[string]string)
	}
	p.known[s] = s
	return s
}
