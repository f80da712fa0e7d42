package pushtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Message is one that the service has taken.
type Message struct {
	To      string // the subscription, as Subscribe named it
	Text    []byte // as the browser reads it
	TTL     int
	Urgency string
	Topic   string
	Key     string // of the site, in base64url
	Contact string
}

// Service is a push service over HTTP/2 and TLS.
type Service struct {
	*httptest.Server

	// Answer, when it is set, answers in place of 201: a status, and a
	// Retry-After if that is not empty.
	Answer func(to string, times int) (status int, retryAfter string)
	// Got is told every message that was taken.
	Got func(Message)

	mu       sync.Mutex
	browsers map[string]*Browser
	asked    map[string]int
	wrong    []string
}

// NewService starts a push service. Close it when done.
func NewService() *Service {
	s := &Service{browsers: make(map[string]*Browser), asked: make(map[string]int)}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

// Subscribe gives the endpoint of a browser's new subscription.
func (s *Service) Subscribe(name string, b *Browser) (endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.browsers[name] = b
	return s.URL + "/push/" + name
}

// Asked is how often a subscription was sent to.
func (s *Service) Asked(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[name]
}

// Wrong are the breaches of the RFCs that were seen; there should be none.
func (s *Service) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.wrong...)
}

// ServeHTTP takes a message (RFC 8030, section 5).
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/push/")
	s.mu.Lock()
	b := s.browsers[name]
	s.asked[name]++
	times := s.asked[name]
	s.mu.Unlock()
	if b == nil {
		w.WriteHeader(http.StatusGone)
		return
	}
	if s.Answer != nil {
		if status, after := s.Answer(name, times); status != http.StatusCreated {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(status)
			return
		}
	}
	m, err := s.read(r, b)
	if err != nil {
		s.mu.Lock()
		s.wrong = append(s.wrong, err.Error())
		s.mu.Unlock()
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.To = name
	w.Header().Set("Location", s.URL+"/message/1")
	w.WriteHeader(http.StatusCreated)
	if s.Got != nil {
		s.Got(m)
	}
}

func (s *Service) read(r *http.Request, b *Browser) (m Message, err error) {
	switch {
	case r.Method != http.MethodPost:
		return m, fmt.Errorf("the method is %s", r.Method)
	case r.ProtoMajor != 2:
		return m, fmt.Errorf("the protocol is %s", r.Proto)
	case r.Header.Get("Content-Encoding") != "aes128gcm":
		return m, fmt.Errorf("the coding is %q", r.Header.Get("Content-Encoding"))
	}
	if m.TTL, err = strconv.Atoi(r.Header.Get("TTL")); err != nil || m.TTL < 0 {
		return m, fmt.Errorf("the TTL is %q", r.Header.Get("TTL"))
	}
	m.Urgency, m.Topic = r.Header.Get("Urgency"), r.Header.Get("Topic")
	if _, err := base64.RawURLEncoding.DecodeString(m.Topic); err != nil || len(m.Topic) > 32 {
		return m, fmt.Errorf("the topic is %q", m.Topic)
	}
	if m.Key, m.Contact, err = s.authorized(r); err != nil {
		return m, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err != nil || len(body) > 4096 {
		return m, fmt.Errorf("a body of %d bytes, %w", len(body), err)
	}
	m.Text, err = b.Open(body)
	return m, err
}

// authorized verifies the VAPID token (RFC 8292).
func (s *Service) authorized(r *http.Request) (key, contact string, err error) {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid t=")
	text, key, two := strings.Cut(rest, ", k=")
	parts := strings.Split(text, ".")
	if !ok || !two || len(parts) != 3 {
		return "", "", fmt.Errorf("the authorization is %q", r.Header.Get("Authorization"))
	}
	var raw [3][]byte
	for i, p := range append(parts[1:], key) {
		if raw[i], err = base64.RawURLEncoding.DecodeString(p); err != nil {
			return "", "", fmt.Errorf("part %d of the authorization: %w", i, err)
		}
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw[2])
	if err != nil || len(raw[1]) != 64 {
		return "", "", fmt.Errorf("the key or the signature: %d bytes, %w", len(raw[1]), err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[1][:32]), new(big.Int).SetBytes(raw[1][32:])) {
		return "", "", fmt.Errorf("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(raw[0], &claims); err != nil {
		return "", "", err
	}
	left := time.Until(time.Unix(claims.Exp, 0))
	if claims.Aud != s.URL || left <= 0 || left > 24*time.Hour {
		return "", "", fmt.Errorf("the audience is %q, the token ends in %s", claims.Aud, left)
	}
	return key, claims.Sub, nil
}
