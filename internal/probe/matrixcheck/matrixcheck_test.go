package matrixcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) {
	probetest.Main(m, map[string]probe.Type{"message": probe.TypeOf(New)})
}

const room = "!room:example.org"

// contractFake is no homeserver: it is what the client-server specification
// (v1.11: sections 5.5, 6.4, 8.6, 10.9, 11.10 on read markers) says that one
// answers to the few requests of the check, written from that text. It breaks, in
// ways that a real one cannot be made to, where broken says, by the path's last
// word.
type contractFake struct {
	t      *testing.T
	mu     sync.Mutex
	events []map[string]any  // of the room's timeline
	marks  []map[string]any  // m.receipt
	tokens map[string]string // whose each is
	places map[string]string // token of each device, by user and device
	next   int
	news   chan struct{} // closed at each change
	broken map[string]http.HandlerFunc
	alter  func(body string) string
	lose   bool
	unread bool

	elsewhere int // so often another check of the receiver marks an earlier message at once
}

func newFake(t *testing.T) *contractFake {
	return &contractFake{t: t, tokens: map[string]string{"fixed": "@a:example.org"}, places: map[string]string{}, news: make(chan struct{}), broken: map[string]http.HandlerFunc{}, alter: func(s string) string { return s }}
}

func (f *contractFake) server() *httptest.Server {
	mux := http.NewServeMux()
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, string){
		"POST /_matrix/client/v3/login":                                   f.login,
		"POST /_matrix/client/v3/logout":                                  f.logout,
		"GET /_matrix/client/v3/account/whoami":                           f.whoami,
		"GET /_matrix/client/v3/sync":                                     f.sync,
		"PUT /_matrix/client/v3/rooms/{room}/send/m.room.message/{token}": f.send,
		"POST /_matrix/client/v3/rooms/{room}/read_markers":               f.read,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if broken := f.breakage(r.URL.Path); broken != nil {
				broken(w, r)
				return
			}
			f.mu.Lock()
			user := f.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
			f.mu.Unlock()
			if user == "" && !strings.HasSuffix(r.URL.Path, "/login") {
				fail(w, 401, "M_UNKNOWN_TOKEN")
				return
			}
			if id := r.PathValue("room"); id != "" && id != room {
				fail(w, 403, "M_FORBIDDEN")
				return
			}
			h(w, r, user)
		})
	}
	return httptest.NewServer(mux)
}

// breakage is what a request is met with in place of an answer, if anything.
func (f *contractFake) breakage(path string) http.HandlerFunc {
	f.mu.Lock()
	defer f.mu.Unlock()
	for word, broken := range f.broken {
		if strings.Contains(path, "/"+word) {
			return broken
		}
	}
	return nil
}

// mend ends all breakages.
func (f *contractFake) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.broken)
}

func fail(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errcode": %q, "error": "so it is"}`, code)
}

func failing(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fail(w, status, code) }
}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); io.WriteString(w, body) }
}

func stall(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func (f *contractFake) changed() {
	close(f.news)
	f.news = make(chan struct{})
}

func (f *contractFake) login(w http.ResponseWriter, r *http.Request, _ string) {
	var in struct {
		Type, Password string
		Identifier     struct{ Type, User string }
		Device         string `json:"device_id"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Type != "m.login.password" || in.Identifier.Type != "m.id.user" {
		fail(w, 400, "M_BAD_JSON")
		return
	}
	if in.Password != "secret" {
		fail(w, 403, "M_FORBIDDEN")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	token := "token-" + strconv.Itoa(f.next) + in.Identifier.User
	if in.Device == "" {
		in.Device = "D" + strconv.Itoa(f.next)
	}
	place := in.Identifier.User + " " + in.Device
	delete(f.tokens, f.places[place]) // section 5.2: a device that is known is signed in anew
	f.tokens[token], f.places[place] = in.Identifier.User, token
	json.NewEncoder(w).Encode(map[string]string{"user_id": in.Identifier.User, "access_token": token, "device_id": in.Device})
}

// devices are those that there are, by user and device.
func (f *contractFake) devices() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.places))
}

func (f *contractFake) logout(w http.ResponseWriter, r *http.Request, _ string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	delete(f.tokens, token)
	maps.DeleteFunc(f.places, func(_, of string) bool { return of == token }) // the device goes, too
	io.WriteString(w, "{}")
}

func (f *contractFake) whoami(w http.ResponseWriter, _ *http.Request, user string) {
	json.NewEncoder(w).Encode(map[string]string{"user_id": user})
}

func (f *contractFake) send(w http.ResponseWriter, r *http.Request, user string) {
	var in struct{ Msgtype, Body string }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Msgtype != "m.text" {
		fail(w, 400, "M_BAD_JSON")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	id := "$event" + strconv.Itoa(f.next)
	if !f.lose {
		f.events = append(f.events, map[string]any{"event_id": id, "type": "m.room.message", "sender": user, "content": map[string]string{"msgtype": "m.text", "body": f.alter(in.Body)}})
		f.changed()
	}
	json.NewEncoder(w).Encode(map[string]string{"event_id": id})
}

func (f *contractFake) read(w http.ResponseWriter, r *http.Request, user string) {
	var in map[string]string
	if json.NewDecoder(r.Body).Decode(&in) != nil || in["m.fully_read"] == "" {
		fail(w, 400, "M_BAD_JSON")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.unread {
		f.mark(user, in["m.read"])
	}
	if f.elsewhere > 0 {
		f.elsewhere--
		f.mark(user, "$before")
	}
	io.WriteString(w, "{}")
}

// mark has the user's receipt in the room at an event, be it earlier than the
// one where it was; the mutex is held.
func (f *contractFake) mark(user, event string) {
	f.marks = append(f.marks, map[string]any{"type": "m.receipt", "content": map[string]any{event: map[string]any{"m.read": map[string]any{user: map[string]int64{"ts": 1}}}}})
	f.changed()
}

// sync answers with what is new since the token, which counts both lists.
func (f *contractFake) sync(w http.ResponseWriter, r *http.Request, _ string) {
	var filter map[string]any
	if json.Unmarshal([]byte(r.URL.Query().Get("filter")), &filter) != nil {
		fail(w, 400, "M_BAD_JSON")
		return
	}
	var events, marks int
	since := r.URL.Query().Get("since")
	if since != "" {
		fmt.Sscanf(since, "s%d_%d", &events, &marks)
	} else { // the filter's default limit, 10
		f.mu.Lock()
		events, marks = max(0, len(f.events)-10), max(0, len(f.marks)-10)
		f.mu.Unlock()
	}
	ms, _ := strconv.Atoi(r.URL.Query().Get("timeout"))
	deadline := time.After(time.Duration(ms) * time.Millisecond)
	for {
		f.mu.Lock()
		newEvents, newMarks, news := slices.Clone(f.events[events:]), f.marks[marks:], f.news
		newMarks = slices.Clone(newMarks[max(0, len(newMarks)-1):]) // a user has one, the last (section 11.10), and only b reads
		next := fmt.Sprintf("s%d_%d", len(f.events), len(f.marks))
		f.mu.Unlock()
		over := since == "" || len(newEvents)+len(newMarks) > 0
		if !over {
			select {
			case <-news:
				continue
			case <-deadline:
			case <-r.Context().Done():
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"next_batch": next, "rooms": map[string]any{"join": map[string]any{room: map[string]any{
			"timeline": map[string]any{"events": newEvents, "limited": false}, "ephemeral": map[string]any{"events": newMarks},
		}}}})
		return
	}
}

func secret(t *testing.T, text string) config.Secret {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Secret{File: path}
}

func options(t *testing.T, server string) Options {
	o := Options{
		Sender:   Account{Server: server, User: "@a:example.org", Password: secret(t, "secret")},
		Receiver: Account{Server: server, User: "@b:example.org", Password: secret(t, "secret")},
		Room:     room,
	}
	o.SetDefaults()
	o.Within = 20 * time.Second
	return o
}

func TestAgainstContractFake(t *testing.T) {
	for _, c := range []struct {
		says    string
		fake    func(*contractFake)
		change  func(*Options)
		timeout time.Duration
		reason  probe.Reason
	}{
		{says: "a message arrives and is read"},
		{says: "the sender has a token", change: func(o *Options) { o.Sender.Password, o.Sender.Token = config.Secret{}, secret(t, "fixed") }},
		{says: "the receipt is taken back to an earlier message, again and again", fake: func(f *contractFake) { f.elsewhere = 3 }},
		{says: "no receipt is wanted", fake: func(f *contractFake) { f.unread = true }, change: func(o *Options) { o.Receipt = false }},
		{says: "older messages are there", fake: func(f *contractFake) {
			f.events = []map[string]any{{"event_id": "$old", "type": "m.room.message", "content": map[string]string{"body": "old"}}}
		}},
		{says: "it is lost", fake: func(f *contractFake) { f.lose = true }, timeout: time.Second, reason: probe.ReasonNotDelivered},
		{says: "the marker does not come back", fake: func(f *contractFake) { f.unread = true }, timeout: time.Second, reason: probe.ReasonNoReceipt},
		{says: "another text arrives", fake: func(f *contractFake) { f.alter = strings.ToUpper }, reason: probe.ReasonAltered},
		{says: "it arrives later than wanted", change: func(o *Options) { o.Within = time.Nanosecond }, reason: probe.ReasonLate},
		{says: "the password is wrong", change: func(o *Options) { o.Receiver.Password = secret(t, "wrong") }, reason: probe.ReasonSignIn},
		{says: "the token is not known", change: func(o *Options) { o.Sender.Password, o.Sender.Token = config.Secret{}, secret(t, "other") }, reason: probe.ReasonSignIn},
		{says: "the token is somebody else's", change: func(o *Options) { o.Receiver.Password, o.Receiver.Token = config.Secret{}, secret(t, "fixed") }, reason: probe.ReasonSignIn},
		{says: "the sender is not in the room", change: func(o *Options) { o.Room = "!other:example.org" }, reason: probe.ReasonRejected},
		{says: "sign-ins are limited", fake: func(f *contractFake) { f.broken["login"] = failing(429, "M_LIMIT_EXCEEDED") }, reason: probe.ReasonThrottled},
		{says: "messages are limited", fake: func(f *contractFake) { f.broken["send"] = failing(429, "M_LIMIT_EXCEEDED") }, reason: probe.ReasonThrottled},
		{says: "the homeserver has failed", fake: func(f *contractFake) { f.broken["send"] = failing(500, "M_UNKNOWN") }, reason: probe.ReasonStatus},
		{says: "something else is there", fake: func(f *contractFake) { f.broken["login"] = say(404, "not found") }, reason: probe.ReasonProtocol},
		{says: "it sends us elsewhere", fake: func(f *contractFake) { f.broken["login"] = say(302, "") }, reason: probe.ReasonRedirect},
		{says: "its answer is no JSON", fake: func(f *contractFake) { f.broken["sync"] = say(200, "<html>") }, reason: probe.ReasonProtocol},
		{says: "its answer never ends", fake: func(f *contractFake) { f.broken["sync"] = say(200, strings.Repeat("x", maxBody+1)) }, reason: probe.ReasonTooLarge},
		{says: "it stalls at the sign-in", fake: func(f *contractFake) { f.broken["login"] = stall }, timeout: 500 * time.Millisecond, reason: probe.ReasonTimeout},
		{says: "it stalls at the first sync", fake: func(f *contractFake) { f.broken["sync"] = stall }, timeout: 500 * time.Millisecond, reason: probe.ReasonTimeout},
		{says: "it stalls at the message", fake: func(f *contractFake) { f.broken["send"] = stall }, timeout: 500 * time.Millisecond, reason: probe.ReasonTimeout},
		{says: "it stalls at the marker", fake: func(f *contractFake) { f.broken["read_markers"] = stall }, timeout: 500 * time.Millisecond, reason: probe.ReasonTimeout},
		{says: "it stalls at the sign-out", fake: func(f *contractFake) { f.broken["logout"] = stall }},
	} {
		fake := newFake(t)
		if c.fake != nil {
			c.fake(fake)
		}
		server := fake.server()
		o := options(t, server.URL)
		if c.change != nil {
			c.change(&o)
		}
		if c.timeout == 0 {
			c.timeout = 10 * time.Second
		}
		p, err := New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, c.timeout), c.reason)
		server.Close()
		if left := slices.Collect(maps.Keys(fake.tokens)); len(left) > 1 && fake.broken["logout"] == nil {
			t.Errorf("%s: still signed in: %q", c.says, left)
		}
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	p, err := New(options(t, "http://"+probetest.ClosedPort(t)), probe.Env{})
	probetest.Want(t, "nobody listens", probetest.Attempt(t, p, err), probe.ReasonRefused)
	p, err = New(options(t, "http://"+probetest.Serve(t, probetest.Flood("HTTP/1.1 200 OK\r\nX: "))), probe.Env{})
	probetest.Want(t, "a header without end", probetest.Attempt(t, p, err), probe.ReasonTooLarge)
	guard, err := netguard.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err = New(options(t, "http://169.254.169.254"), probe.Env{Guard: guard})
	probetest.Want(t, "a metadata service", probetest.Attempt(t, p, err), probe.ReasonBlocked)
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*Options){
		"another scheme": func(o *Options) { o.Sender.Server = "mqtt://a" },
		"no user":        func(o *Options) { o.Sender.User = "a" },
		"no room":        func(o *Options) { o.Room = "#room:example.org" },
		"one account":    func(o *Options) { o.Receiver.User = o.Sender.User },
		"no secret":      func(o *Options) { o.Sender.Password = config.Secret{} },
		"two secrets":    func(o *Options) { o.Sender.Token = o.Sender.Password },
		"no time":        func(o *Options) { o.Within = 0 },
	} {
		o := options(t, "http://a")
		change(&o)
		if _, err := New(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// A receipt says how far its user has read.
func TestReadUpTo(t *testing.T) {
	room := func(text string) (r joined) {
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	timeline := func(ids string) joined { return room(`{"timeline": {"events": [` + ids + `]}}`) }
	receipt := func(id, user string) joined {
		return room(fmt.Sprintf(`{"ephemeral": {"events": [{"type": "m.receipt", "content": {%q: {"m.read": {%q: {}}}}}]}}`, id, user))
	}
	const ours, bob = `{"event_id": "$ours"}`, "@b:example.org"
	for _, c := range []struct {
		says  string
		heard []joined
		read  bool
	}{
		{"a receipt for the message", []joined{receipt("$ours", bob)}, true},
		{"somebody else's", []joined{receipt("$ours", "@c:example.org")}, false},
		{"one for a message before it", []joined{timeline(`{"event_id": "$old"},` + ours), receipt("$old", bob)}, false},
		{"one for a message after it", []joined{timeline(ours + `,{"event_id": "$new"}`), receipt("$new", bob)}, true},
		{"one for a message that came later", []joined{timeline(ours), timeline(`{"event_id": "$new"}`), receipt("$new", bob)}, true},
		{"one that comes before the message it is for", []joined{timeline(ours), receipt("$new", bob), timeline(`{"event_id": "$new"}`)}, true},
		{"one for a message that nobody has seen", []joined{timeline(ours), receipt("$new", bob)}, false},
	} {
		m := message{event: "$ours", receiver: &session{user: bob}}
		read := false
		for _, h := range c.heard {
			read, _ = m.note(h)
		}
		if read != c.read {
			t.Errorf("%s: read is %v, wanted %v", c.says, read, c.read)
		}
	}
}

func FuzzReadBy(f *testing.F) {
	f.Add(`{"$e": {"m.read": {"@b:example.org": {"ts": 1}}}}`)
	f.Add(`{"$e": []}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, content string) {
		read := map[string]bool{}
		readBy(json.RawMessage(content), "@b:example.org", read)
		if len(read) > 0 && !strings.Contains(content, "ead") && !strings.Contains(content, `\u`) {
			t.Fatalf("%q is taken for a read marker", content)
		}
	})
}
