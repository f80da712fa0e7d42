package intake

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/outcry/outcry"
)

// shelf keeps comments for a test.
type shelf struct{ got []outcry.Comment }

func (s *shelf) Remark(c outcry.Comment) { s.got = append(s.got, c) }

// TestRemarks: comments of services that ask for them are handed on, clean and
// without anything that says who wrote them, once their report is stored.
func TestRemarks(t *testing.T) {
	key := []string{"Idempotency-Key", "k1"}
	for _, c := range []struct {
		sentence, body string
		headers        []string
		fail           error
		want           string // its text; empty: none is handed on
	}{
		{"what somebody wrote", `{"service":"imessage","comment":"Red marks since noon."}`, nil, nil, "Red marks since noon."},
		{"with a key", `{"service":"imessage","comment":"Once."}`, key, nil, "Once."},
		{"lines become one", `{"service":"imessage","comment":" It\r\n\n fails\t\u2028again \n"}`, nil, nil, "It fails again"},
		{"characters that turn text around are left out", `{"service":"imessage","comment":"a\u202eb\u200bc\u2066d"}`, nil, nil, "abcd"},
		{"emoji stay whole", `{"service":"imessage","comment":"👩‍👧 é"}`, nil, nil, "👩‍👧 é"},
		{"markup is text like any other", `{"service":"imessage","comment":"<b>1 < 2</b>"}`, nil, nil, "<b>1 < 2</b>"},
		{"a long one is cut", `{"service":"imessage","comment":"` + strings.Repeat("é", 501) + `"}`, nil, nil, strings.Repeat("é", 500) + "…"},
		{"one that is longer than may be sent is cut, in its characters", `{"service":"imessage","comment":"` + strings.Repeat("é", 600) + `\u0065"}`, nil, nil, strings.Repeat("é", 500) + "…"},
		{"blanks are none", `{"service":"imessage","comment":" \u200b \n"}`, nil, nil, ""},
		{"a service that asks for none", `{"service":"facetime","comment":"x"}`, nil, nil, ""},
		{"a report that could not be stored", `{"service":"imessage","comment":"x"}`, nil, errors.New("disk full"), ""},
		{"a report that is refused", `{"service":"imessage","region":"nowhere","comment":"x"}`, nil, nil, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			kept := &shelf{}
			d, sent := open(t, func(o *Config, p *Parts) {
				o.MaxComment, o.Comments = 600, map[string]bool{"imessage": true}
				p.Remarks = kept
			})
			sent.fail = c.fail
			for range 2 {
				ask(d, kindJSON, c.body, c.headers...)
			}
			switch {
			case c.want == "" && len(kept.got) > 0:
				t.Fatalf("handed on: %+v", kept.got)
			case c.want == "":
			case len(kept.got) != 2:
				t.Fatalf("%d of 2 are handed on", len(kept.got))
			case kept.got[0].Text != c.want || kept.got[0].Service != "imessage" || !kept.got[0].At.Equal(now()) || kept.got[0].State != "":
				t.Errorf("handed on: %+v, want %q", kept.got[0], c.want)
			case (kept.got[0].ID != "") != (c.headers != nil) || kept.got[0].ID != kept.got[1].ID:
				t.Errorf("a report that is sent again has the IDs %q and %q", kept.got[0].ID, kept.got[1].ID)
			}
		})
	}
}

// TestRemarksPerNetwork: a network has so many comments; its further reports
// count without. Another network is not concerned.
func TestRemarksPerNetwork(t *testing.T) {
	kept := &shelf{}
	d, sent := open(t, func(o *Config, p *Parts) {
		o.Comments, o.CommentLimit = map[string]bool{"imessage": true}, Limit{Rate: 1.0 / 3600, Burst: 2}
		p.Remarks = kept
	})
	for i, address := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "198.51.100.1"} {
		r := []Raw{{Service: "imessage", Comment: fmt.Sprint(i)}}
		if _, err := d.Accept(t.Context(), r, stranger(address)); err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	for _, c := range kept.got {
		texts = append(texts, c.Text)
	}
	if got := strings.Join(texts, " "); got != "0 1 4" || len(sent.signals) != 5 {
		t.Errorf("comments %q, %d reports; want 0 1 4, and 5", got, len(sent.signals))
	}
}
