package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxMessage = 16 << 10 // bytes
	maxOpen    = 1000     // conversations remembered at a time
	keep       = 10 * time.Minute
	maxSkew    = 5 * time.Minute // of a signature's time; older ones may be replayed
)

// desk is a business that answers.
type desk struct {
	secret, text string
	delay        time.Duration
	now          func() time.Time

	mu    sync.Mutex
	asked map[string]time.Time // when, by the id of the message
}

func newDesk(secret, text string, delay time.Duration, now func() time.Time) http.Handler {
	d := &desk{secret: secret, text: text, delay: delay, now: now, asked: make(map[string]time.Time)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hook", d.take)
	mux.HandleFunc("GET /answers/{id}", d.tell)
	return mux
}

// take takes a customer's message.
func (d *desk) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	if err != nil || !d.signed(r, body) {
		http.Error(w, "this is not signed with our secret", http.StatusUnauthorized)
		return
	}
	var message struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(body, &message); err != nil || message.ID == "" || message.Text == "" {
		http.Error(w, "a message has an id and a text", http.StatusBadRequest)
		return
	}
	if d.delay == 0 && d.text != "" {
		d.answer(w)
		return
	}
	if !d.remember(message.ID) {
		http.Error(w, "too many at a time", http.StatusTooManyRequests)
		return
	}
	w.Header().Set("Location", "/answers/"+url.PathEscape(message.ID))
	w.WriteHeader(http.StatusAccepted)
}

// tell gives the answer, once it is time.
func (d *desk) tell(w http.ResponseWriter, r *http.Request) {
	if !d.signed(r, nil) {
		http.Error(w, "this is not signed with our secret", http.StatusUnauthorized)
		return
	}
	d.mu.Lock()
	at, known := d.asked[r.PathValue("id")]
	d.mu.Unlock()
	switch {
	case !known:
		http.Error(w, "nobody asked that", http.StatusGone)
	case d.text == "" || d.now().Sub(at) < d.delay:
		w.WriteHeader(http.StatusNoContent)
	default:
		d.answer(w)
	}
}

func (d *desk) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"text": d.text}) //nolint:errcheck // who has gone does not wait for it
}

// remember notes a message, and forgets old ones.
func (d *desk) remember(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for old, at := range d.asked {
		if d.now().Sub(at) > keep {
			delete(d.asked, old)
		}
	}
	if len(d.asked) >= maxOpen {
		return false
	}
	d.asked[id] = d.now()
	return true
}

// signed verifies the headers of the Standard Webhooks specification, 1.0.
func (d *desk) signed(r *http.Request, body []byte) bool {
	id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || d.now().Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return false
	}
	mac := hmac.New(sha256.New, []byte(d.secret))
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for got := range strings.FieldsSeq(r.Header.Get("webhook-signature")) {
		if hmac.Equal([]byte(got), []byte(want)) {
			return true
		}
	}
	return false
}
