package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test's own binary be outcry, for the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"outcry": main})
}

// TestScripts plays the stories of the command line in testdata. Beside the
// commands of testscript there are:
//
//	outcry ARG…         one command line, in a process of its own
//	website STATUS      starts a web server that answers so, for $SITE
//	serve ARG…          starts `outcry serve`, for $OUTCRY_SERVER, until the end
//	crowd SERVICE N     posts the reports of N people, each from another network
//	comment SERVICE WORDS  posts a report with a comment, and waits until it is kept
//	counted SERVICE N   waits until N reports are in the tallies
//	status CODE CMD…    runs a command that must end with this exit code
//	idof VARIABLE       sets it to the first word of the last output
//	appendsite FILE     adds a check of $SITE to a configuration
//	series FILE STEP DAYS LABELS  writes recorded counts, and the window in which something is wrong
//	keys FILE KEY…      the JSON document in FILE has these keys at its top, and no others
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"website": website, "serve": serve, "crowd": crowd, "comment": comment, "counted": counted,
			"status": status, "idof": idof, "appendsite": appendsite, "keys": keys,
			"series": series,
		},
	})
}

// need fails the script when a command has too few arguments.
func need(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
	if neg || len(args) < n {
		ts.Fatalf("usage: %s", usage)
	}
}

func website(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "website STATUS")
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	ts.Defer(s.Close)
	ts.Setenv("SITE", s.URL)
}

// notebook is a log that can be read while it is written.
type notebook struct {
	mu   sync.Mutex
	text bytes.Buffer
	page chan string // gets the address once it is known
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if m := regexp.MustCompile(`msg=ready page=(\S+)`).FindSubmatch(p); m != nil {
		n.page <- string(m[1])
	}
	return n.text.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, "serve ARG…")
	ctx, stop := context.WithCancel(context.Background())
	log, out := &notebook{page: make(chan string, 1)}, &bytes.Buffer{}
	ended := make(chan int, 1)
	for i, a := range args {
		if a == "--config" || a == "--data" {
			args[i+1] = ts.MkAbs(args[i+1])
		}
	}
	go func() {
		ended <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), &streams{in: strings.NewReader(""), out: out, err: log})
	}()
	ts.Defer(func() {
		stop()
		if code := <-ended; code != exitDone {
			ts.Logf("serve: exit %d\n%s", code, log)
		}
	})
	select {
	case page := <-log.page:
		ts.Setenv("OUTCRY_SERVER", page)
	case code := <-ended:
		ended <- code
		ts.Fatalf("serve: exit %d\n%s", code, log)
	}
}

func comment(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "comment SERVICE WORDS")
	body, err := json.Marshal(map[string]string{"service": args[0], "comment": args[1]})
	ts.Check(err)
	res, err := http.Post(ts.Getenv("OUTCRY_SERVER")+"/api/v1/reports", "application/json", bytes.NewReader(body))
	ts.Check(err)
	ts.Check(res.Body.Close())
	words, err := json.Marshal(args[1])
	ts.Check(err)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		req, err := http.NewRequest(http.MethodGet, ts.Getenv("OUTCRY_SERVER")+"/api/v1/comments", nil)
		ts.Check(err)
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(ts.Getenv("OUTCRY_DATA")+"/admin.token")))
		res, err := http.DefaultClient.Do(req)
		ts.Check(err)
		answer, err := io.ReadAll(res.Body)
		ts.Check(errors.Join(err, res.Body.Close()))
		if bytes.Contains(answer, bytes.Trim(words, `"`)) {
			return
		}
	}
	ts.Fatalf("the comment is not kept")
}

func crowd(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "crowd SERVICE N")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i := range n {
		body, err := json.Marshal(map[string]string{"service": args[0]})
		ts.Check(err)
		req, err := http.NewRequest(http.MethodPost, ts.Getenv("OUTCRY_SERVER")+"/api/v1/reports", bytes.NewReader(body))
		ts.Check(err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", "20."+strconv.Itoa(i>>8)+"."+strconv.Itoa(i&255)+".7")
		res, err := http.DefaultClient.Do(req)
		ts.Check(err)
		answer, err := io.ReadAll(res.Body)
		ts.Check(errors.Join(err, res.Body.Close()))
		if res.StatusCode != http.StatusAccepted {
			ts.Fatalf("a report: %d %s", res.StatusCode, answer)
		}
	}
}

// counted waits until so many reports are in the tallies.
func counted(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "counted SERVICE N")
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	var got struct{ Total int }
	for end := time.Now().Add(20 * time.Second); got.Total != want && time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		res, err := http.Get(ts.Getenv("OUTCRY_SERVER") + "/api/v1/services/" + args[0] + "/tallies")
		ts.Check(err)
		ts.Check(errors.Join(json.NewDecoder(res.Body).Decode(&got), res.Body.Close()))
	}
	if got.Total != want {
		ts.Fatalf("%d reports are counted, want %d", got.Total, want)
	}
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "status CODE COMMAND…")
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit %d, want %s", code, args[0])
	}
}

// idof takes the first word of the last output.
func idof(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "idof VARIABLE")
	id, _, _ := strings.Cut(ts.ReadFile("stdout"), " ")
	ts.Setenv(args[0], id)
}

// appendsite adds a check of the website to a configuration.
func appendsite(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "appendsite FILE")
	text := ts.ReadFile(args[0]) + "  - {name: front, service: shop, type: http, url: \"" + ts.Getenv("SITE") + "\"}\noutbound: {allow: [127.0.0.0/8]}\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func keys(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "keys FILE KEY…")
	var doc map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc))
	for _, k := range args[1:] {
		if _, ok := doc[k]; !ok {
			ts.Fatalf("no %s in %v", k, args[0])
		}
		delete(doc, k)
	}
	for k := range doc {
		ts.Fatalf("%s has a key that is not documented here: %s", args[0], k)
	}
}

// series writes some 30 events an hour, ten times as many for three hours of the
// last day but one, and that window to a file of labels.
func series(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "series FILE STEP DAYS LABELS")
	step, err := time.ParseDuration(args[1])
	ts.Check(err)
	days, err := strconv.Atoi(args[2])
	ts.Check(err)
	begin := time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC)
	end := begin.Add(time.Duration(days) * 24 * time.Hour)
	bad, back := end.Add(-36*time.Hour), end.Add(-33*time.Hour)
	rng := rand.New(rand.NewPCG(1, 2))
	text := []byte("timestamp,value\n")
	for at := begin; at.Before(end); at = at.Add(step) {
		n := 30*step.Hours() + math.Sqrt(30*step.Hours())*rng.NormFloat64()
		if !at.Before(bad) && at.Before(back) {
			n *= 10
		}
		text = fmt.Appendf(text, "%s,%d\n", at.Format(time.DateTime), int(max(n, 0)))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), fmt.Appendf(nil, "start,end\n%s,%s\n", bad.Format(time.RFC3339), back.Format(time.RFC3339)), 0o600))
}
