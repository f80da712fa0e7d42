package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"
)

// nasty is what a vendor or an operator may have written: it clears the screen,
// sets the title, says by a control of one character what ESC [ says, and turns
// the line around.
const nasty = "\x1b[2J\x1b]0;pwned\x07 \u009b31m \u202edecrev \U000e0001 \r\x08 a\u200cb"

// TestForeignTextCommandsNoTerminal: no command prints what an answer of the
// server, its refusal included, has of controls.
func TestForeignTextCommandsNoTerminal(t *testing.T) {
	bad, err := json.Marshal(nasty)
	if err != nil {
		t.Fatal(err)
	}
	incident := strings.ReplaceAll(`{"id":"i1","state":"monitoring","title":X,"headline":X,"impact":X,"cause":X,"public":true,"services":[X],"collateral":[X],
		"affected":{"regions":[X]},"evidence":[{"stream":X,"nats":3,"words":X}],"updates":[{"at":"2026-01-01T00:00:00Z","state":"monitoring","body":X,"author":X,"public":true}]}`, "X", string(bad))
	answers := map[string]string{
		"/api/v1/incidents": `{"incidents":[` + incident + `]}`, "/api/v1/incidents/i1": incident,
		"/api/v1/comments": fmt.Sprintf(`{"comments":[{"id":"c","state":"waiting","service":%[1]s,"symptom":%[1]s,"text":%[1]s}]}`, bad),
		"/api/v1/vantages": fmt.Sprintf(`{"vantages":[{"name":%[1]s,"region":%[1]s,"carrier":%[1]s}]}`, bad),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, ok := answers[r.URL.Path]; ok {
			_, _ = w.Write([]byte(body))
			return
		}
		w.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(w, `{"error":{"code":"conflict","message":%s}}`, bad)
	}))
	defer server.Close()
	for _, args := range [][]string{
		{"incident", "list"}, {"incident", "list", "--json"}, {"incident", "show", "i1"}, {"incident", "show", "i1", "--json"}, {"incident", "report", "i1"},
		{"incident", "resolve", "i1"}, {"comments", "list"}, {"comments", "list", "--json"}, {"vantage", "list"}, {"vantage", "list", "--json"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			args := append([]string{args[0], "--server", server.URL}, args[1:]...)
			_, out, told := command(t, args...)
			if !strings.Contains(out+told, "decrev") {
				t.Errorf("the text is not there: %q %q", out, told)
			}
			for _, r := range out + told {
				if r != '\n' && r != 0x200c && !unicode.IsGraphic(r) {
					t.Fatalf("prints %U: %q %q", r, out, told)
				}
			}
		})
	}
}

// TestJSONStaysTheSame: to programs, what is escaped for terminals is what it was.
func TestJSONStaysTheSame(t *testing.T) {
	var b bytes.Buffer
	if err := printJSON(&b, map[string]string{"x": nasty}); err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["x"] != nasty {
		t.Errorf("%v: %q", err, back["x"])
	}
}
