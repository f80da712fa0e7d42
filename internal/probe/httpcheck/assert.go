package httpcheck

import (
	"bytes"
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
)

// asserts are a check's assertions, compiled.
type asserts struct {
	status   []StatusRange
	headers  []headerWant
	contains [][]byte
	absent   [][]byte
	matches  []*regexp.Regexp
	json     []jsonWant
}

type headerWant struct {
	name string
	re   *regexp.Regexp
}

func compile(o *Options) (asserts, error) {
	a := asserts{status: o.Status}
	if len(a.status) == 0 {
		a.status = []StatusRange{{200, 299}}
	}
	for _, s := range o.Contains {
		a.contains = append(a.contains, []byte(s))
	}
	for _, s := range o.Absent {
		a.absent = append(a.absent, []byte(s))
	}
	for _, s := range o.Matches {
		re, err := regexp.Compile(s)
		if err != nil {
			return a, outcry.FieldErrorf("matches", "%s", err)
		}
		a.matches = append(a.matches, re)
	}
	if err := a.compileHeaders(o.WantHeader); err != nil {
		return a, err
	}
	for _, j := range o.JSON {
		w, err := compileJSON(j)
		if err != nil {
			return a, err
		}
		a.json = append(a.json, w)
	}
	return a, nil
}

func (a *asserts) compileHeaders(want map[string]string) error {
	for name, expr := range want {
		re, err := regexp.Compile(expr)
		if err != nil {
			return outcry.FieldErrorf("want_header."+name, "%s", err)
		}
		a.headers = append(a.headers, headerWant{textproto.CanonicalMIMEHeaderKey(name), re})
	}
	slices.SortFunc(a.headers, func(x, y headerWant) int { return strings.Compare(x.name, y.name) })
	return nil
}

// judge compares an answer with what is wanted; the first difference is told.
func (a *asserts) judge(resp *http.Response, body *answer) probe.Result {
	if !a.accepts(resp.StatusCode) {
		return probe.Bad(probe.ReasonStatus, fmt.Sprintf("status %d, wanted %s", resp.StatusCode, a.wanted()))
	}
	for i := range a.headers {
		if r, ok := a.headers[i].judge(resp.Header); !ok {
			return r
		}
	}
	if coding := coded(resp.Header); coding != "" && a.reads() {
		return probe.Bad(probe.ReasonBody, fmt.Sprintf("the body is coded as %.40q, which a check does not ask for unless its headers do, and cannot be looked into", coding))
	}
	if r, ok := a.judgeBody(body); !ok {
		return r
	}
	if r, ok := a.judgeJSON(body); !ok {
		return r
	}
	return probe.Good(resp.Proto + " " + resp.Status)
}

// reads reports whether anything is wanted of the body.
func (a *asserts) reads() bool {
	return len(a.contains)+len(a.absent)+len(a.matches)+len(a.json) > 0
}

// coded is the coding that a body comes in, if it is any: nothing is found in it,
// so that what must not be there would seem not to be.
func coded(h http.Header) string {
	coding := strings.Join(h.Values("Content-Encoding"), ", ")
	if strings.EqualFold(strings.TrimSpace(coding), "identity") {
		return ""
	}
	return coding
}

func (a *asserts) accepts(status int) bool {
	for _, r := range a.status {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

func (a *asserts) wanted() string {
	words := make([]string, len(a.status))
	for i, r := range a.status {
		words[i] = r.String()
	}
	return strings.Join(words, ", ")
}

func (w *headerWant) judge(h http.Header) (probe.Result, bool) {
	values := h[w.name]
	if slices.ContainsFunc(values, w.re.MatchString) {
		return probe.Result{}, true
	}
	if len(values) == 0 {
		return probe.Bad(probe.ReasonHeader, "header "+w.name+" is not there"), false
	}
	return probe.Bad(probe.ReasonHeader, fmt.Sprintf("header %s is %.80q, wanted /%s/", w.name, values[0], w.re)), false
}

func (a *asserts) judgeBody(body *answer) (probe.Result, bool) {
	text := body.bytes()
	for _, c := range a.contains {
		if !bytes.Contains(text, c) {
			return lacking(body, fmt.Sprintf("the body does not contain %.80q", c)), false
		}
	}
	for _, re := range a.matches {
		if !re.Match(text) {
			return lacking(body, fmt.Sprintf("the body does not match /%.80s/", re)), false
		}
	}
	for _, c := range a.absent {
		if bytes.Contains(text, c) {
			return probe.Bad(probe.ReasonBody, fmt.Sprintf("the body contains %.80q, and should not", c)), false
		}
	}
	if len(a.absent) > 0 && !body.whole {
		return tooLarge(), false
	}
	return probe.Result{}, true
}

// lacking is the result for something that was not found: in a body that was
// not read to its end, it might have come later.
func lacking(body *answer, detail string) probe.Result {
	if !body.whole {
		return tooLarge()
	}
	return probe.Bad(probe.ReasonBody, detail)
}

func tooLarge() probe.Result {
	return probe.Bad(probe.ReasonTooLarge, fmt.Sprintf("the body goes on after %d bytes, which are all that is read", maxBody))
}

func (a *asserts) judgeJSON(body *answer) (probe.Result, bool) {
	if len(a.json) == 0 {
		return probe.Result{}, true
	}
	if !body.whole {
		return tooLarge(), false
	}
	doc, err := decodeJSON(body.bytes())
	if err != nil {
		return probe.Bad(probe.ReasonJSON, err.Error()), false
	}
	for i := range a.json {
		if wrong := a.json[i].check(doc); wrong != "" {
			return probe.Bad(probe.ReasonJSON, wrong), false
		}
	}
	return probe.Result{}, true
}
