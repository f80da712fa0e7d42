// Package alertstest tests integrations of alerts on requests as senders make
// them, broken ones among them, and on what a fuzzer makes of those.
package alertstest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// Case is one request.
type Case struct {
	Says string
	Path string // below the integration's own
	Body string
	Want string // per alert: "firing KEY: NAME {a=1,b=2}"; "nothing"; or the field of the error, with a ! before it
}

// Run has an integration read every case.
func Run(t *testing.T, in alerts.Integration, cases []Case) {
	t.Helper()
	for _, c := range cases {
		got, err := in.Read(t.Context(), &alerts.Request{Header: http.Header{}, Query: url.Values{}, Path: c.Path, Body: []byte(c.Body)})
		have := render(got.Alerts)
		if err != nil {
			have = "!"
			if e, ok := errors.AsType[*outcry.Error](err); ok {
				have += e.Field
			}
		}
		if have != c.Want {
			t.Errorf("%s: %s (%v)\nwant %s", c.Says, have, err, c.Want)
		}
	}
}

func render(list []alerts.Alert) string {
	var out []string
	for _, a := range list {
		state := "resolved"
		if a.Firing {
			state = "firing"
		}
		var labels []string
		for _, k := range slices.Sorted(maps.Keys(a.Labels)) {
			labels = append(labels, k+"="+a.Labels[k])
		}
		out = append(out, fmt.Sprintf("%s %s: %s {%s}", state, a.Key, a.Name, strings.Join(labels, ",")))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, "\n")
}

// Fuzz has a fuzzer alter the cases' bodies and paths: the integration reads or
// refuses, and its refusals are the sender's fault and not ours.
func Fuzz(f *testing.F, in alerts.Integration, cases []Case) {
	for _, c := range cases {
		f.Add(c.Path, []byte(c.Body))
	}
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		r := &alerts.Request{Header: http.Header{}, Query: url.Values{}, Path: path, Body: body}
		if own, ok := in.(alerts.Credentialer); ok {
			own.Credential(r)
		}
		if _, err := in.Read(t.Context(), r); err != nil && outcry.CodeOf(err) == outcry.CodeInternal {
			t.Errorf("%v", err)
		}
	})
}
