package replay

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/outcry/outcry"
)

// lineParser reads flat JSON objects. It is written by hand because a replay of
// four quiet weeks reads a million lines, and the general decoders take a
// third of the time that the whole replay may take.
type lineParser struct {
	line  []byte
	pos   int
	names map[string]string // the few words that come again and again
}

// maxNames bounds the words kept; a file with more is read all the same.
const maxNames = 1 << 14

func lineField(n int) string { return "line " + strconv.Itoa(n) }

// record parses line n.
func (p *lineParser) record(line []byte, n int) (Record, error) {
	p.line, p.pos = line, 0
	var r Record
	seen, err := p.object(&r)
	if err == nil {
		err = complete(&r, seen)
	}
	if err != nil {
		return Record{}, outcry.FieldErrorf(lineField(n), "%s", err.Error())
	}
	return r, nil
}

// needed are the marks of keys that some kind cannot do without.
type needed uint8

const (
	hasAt needed = 1 << iota
	hasUp
	hasOK
	hasCount
)

func (p *lineParser) object(r *Record) (seen needed, err error) {
	if !p.next('{') {
		return 0, p.expected("an object")
	}
	if p.next('}') {
		return 0, p.end()
	}
	for {
		key, err := p.raw()
		if err != nil {
			return 0, err
		}
		if !p.next(':') {
			return 0, p.expected("a colon after the key")
		}
		has, err := p.field(r, key)
		if err != nil {
			return 0, err
		}
		seen |= has
		if p.next(',') {
			continue
		}
		if !p.next('}') {
			return 0, p.expected("a comma or the object's end")
		}
		return seen, p.end()
	}
}

func (p *lineParser) end() error {
	p.space()
	if p.pos != len(p.line) {
		return p.expected("nothing more")
	}
	return nil
}

// field reads one value into its place.
func (p *lineParser) field(r *Record, key []byte) (needed, error) {
	switch string(key) {
	case "at":
		return hasAt, p.instant(&r.At)
	case "kind":
		return 0, p.kind(&r.Kind)
	case "service":
		return 0, p.name(&r.Service)
	case "region":
		return 0, p.name(&r.Region)
	case "symptom":
		return 0, p.name(&r.Symptom)
	case "carrier":
		return 0, p.name(&r.Carrier)
	case "address":
		return 0, p.text(&r.Address)
	case "agent":
		return 0, p.name(&r.Agent)
	case "reporter":
		return 0, p.text(&r.Reporter)
	case "vantage":
		return 0, p.name(&r.Vantage)
	case "ok":
		return hasOK, p.truth(&r.OK)
	case "reason":
		return 0, p.name(&r.Reason)
	case "ms":
		return 0, p.whole(&r.MS, "ms", "number of milliseconds")
	case "text":
		return 0, p.name(&r.Text)
	case "author":
		return 0, p.text(&r.Author)
	case "source":
		return 0, p.name(&r.Source)
	case "status":
		return 0, p.name(&r.Status)
	case "metric":
		return 0, p.name(&r.Metric)
	case "count":
		return hasCount, p.whole(&r.Count, "count", "whole number")
	case "up":
		return hasUp, p.truth(&r.Up)
	}
	return 0, p.skip()
}

// complete refuses records that lack what their kind cannot do without.
func complete(r *Record, seen needed) error {
	missing := ""
	switch {
	case seen&hasAt == 0:
		missing = "at"
	case r.Kind == 0:
		missing = "kind"
	case r.Kind == outcry.KindTrend:
		return outcry.Errorf(outcry.CodeInvalid, "records of kind trend are made of posts: give those")
	case r.Service == "" && r.Kind != outcry.KindCoverage:
		missing = "service"
	case r.Kind == outcry.KindMetric && r.Metric == "":
		missing = "metric"
	case r.Kind == outcry.KindMetric && seen&hasCount == 0:
		missing = "count"
	case r.Kind == outcry.KindProbe && r.Vantage == "":
		missing = "vantage"
	case r.Kind == outcry.KindProbe && seen&hasOK == 0:
		missing = "ok"
	case r.Kind == outcry.KindCoverage && seen&hasUp == 0:
		missing = "up"
	case r.Kind == outcry.KindBulletin && r.Status != StatusIssue && r.Status != StatusResolved:
		return outcry.Errorf(outcry.CodeInvalid, "status %q of a bulletin is neither issue nor resolved", r.Status)
	}
	if missing != "" {
		return outcry.Errorf(outcry.CodeInvalid, "lacks %q", missing)
	}
	return nil
}

func (p *lineParser) instant(to *time.Time) error {
	raw, err := p.raw()
	if err != nil {
		return err
	}
	t, ok := fixedTime(raw)
	if !ok {
		if t, err = time.Parse(time.RFC3339Nano, string(raw)); err != nil {
			return outcry.Errorf(outcry.CodeInvalid, "at %q is not an RFC 3339 time", raw)
		}
	}
	*to = t.UTC().Truncate(time.Millisecond)
	return nil
}

// fixedTime reads 2006-01-02T15:04:05.000Z, in a tenth of time.Parse's time.
func fixedTime(b []byte) (time.Time, bool) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(b) != len(form) {
		return time.Time{}, false
	}
	for i := range b {
		digit := b[i] >= '0' && b[i] <= '9'
		if (form[i] == '0') != digit || (form[i] != '0' && b[i] != form[i]) {
			return time.Time{}, false
		}
	}
	num := func(from, to int) (n int) {
		for _, d := range b[from:to] {
			n = n*10 + int(d-'0')
		}
		return n
	}
	month, day, hour, minute, second := num(5, 7), num(8, 10), num(11, 13), num(14, 16), num(17, 19)
	if month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false // or the end of a month: time.Parse knows
	}
	return time.Date(num(0, 4), time.Month(month), day, hour, minute, second, num(20, 23)*int(time.Millisecond), time.UTC), true
}

func (p *lineParser) kind(to *outcry.Kind) error {
	raw, err := p.raw()
	if err != nil {
		return err
	}
	for k := outcry.KindReport; k <= outcry.KindTrend; k++ {
		if k.String() == string(raw) {
			*to = k
			return nil
		}
	}
	return outcry.Errorf(outcry.CodeInvalid, "unknown kind %q", raw)
}

// text reads a string that is likely to be new.
func (p *lineParser) text(to *string) error {
	raw, err := p.raw()
	*to = string(raw)
	return err
}

// name reads a string that is likely to have been read before.
func (p *lineParser) name(to *string) error {
	raw, err := p.raw()
	if err != nil {
		return err
	}
	s, known := p.names[string(raw)]
	if !known {
		s = string(raw)
		if len(p.names) < maxNames {
			p.names[s] = s
		}
	}
	*to = s
	return nil
}

func (p *lineParser) truth(to *bool) error {
	p.space()
	switch rest := p.line[p.pos:]; {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		*to = true
		p.pos += 4
	case len(rest) >= 5 && string(rest[:5]) == "false":
		*to = false
		p.pos += 5
	default:
		return p.expected("true or false")
	}
	return nil
}

func (p *lineParser) whole(to *int, key, what string) error {
	token := p.token()
	n, err := strconv.Atoi(string(token))
	if err != nil || !json.Valid(token) || n < 0 || n > 1<<31 {
		return outcry.Errorf(outcry.CodeInvalid, "%s %q is not a %s", key, token, what)
	}
	*to = n
	return nil
}

// skip passes over the value of an unknown key.
func (p *lineParser) skip() error {
	p.space()
	if p.pos < len(p.line) && p.line[p.pos] == '"' {
		_, err := p.raw()
		return err
	}
	if !json.Valid(p.token()) {
		return p.expected("a string, a number, true, false or null")
	}
	return nil
}

// token reads up to what ends a number or a word.
func (p *lineParser) token() []byte {
	p.space()
	from := p.pos
	for p.pos < len(p.line) {
		switch p.line[p.pos] {
		case ',', '}', ' ', '\t', '\r', '\n':
			return p.line[from:p.pos]
		}
		p.pos++
	}
	return p.line[from:p.pos]
}

// raw reads a string; the bytes are valid until the next line.
func (p *lineParser) raw() ([]byte, error) {
	if !p.next('"') {
		return nil, p.expected("a string")
	}
	from, plain := p.pos, true
	for ; p.pos < len(p.line); p.pos++ {
		switch c := p.line[p.pos]; {
		case c == '"':
			p.pos++
			if !plain {
				return unescape(p.line[from-1 : p.pos])
			}
			return p.line[from : p.pos-1], nil
		case c == '\\':
			plain = false
			p.pos++ // whatever it is, it does not end the string
		case c < 0x20:
			return nil, p.expected("no control character")
		case c >= utf8.RuneSelf:
			plain = false // let the general decoder see to it
		}
	}
	return nil, p.expected("the string's end")
}

func unescape(quoted []byte) ([]byte, error) {
	var s string
	if !utf8.Valid(quoted) {
		return nil, outcry.Errorf(outcry.CodeInvalid, "a string is not UTF-8")
	}
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, outcry.Errorf(outcry.CodeInvalid, "string %.40q: %v", quoted, err)
	}
	return []byte(s), nil
}

func (p *lineParser) space() {
	for p.pos < len(p.line) {
		switch p.line[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

func (p *lineParser) next(c byte) bool {
	p.space()
	if p.pos < len(p.line) && p.line[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *lineParser) expected(what string) error {
	return outcry.Errorf(outcry.CodeInvalid, "column %d: expected %s", p.pos+1, what)
}
