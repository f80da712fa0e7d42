package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/deskcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
)

// The check and the sample business understand each other.
func TestConversations(t *testing.T) {
	const secret = "0123456789abcdef"
	dir := t.TempDir()
	for name, text := range map[string]string{"right": secret, "wrong": "fedcba9876543210"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		says, text, secret string
		delay              time.Duration
		skew               time.Duration
		within             time.Duration
		timeout            time.Duration
		reason             probe.Reason
	}{
		{says: "it answers at once", text: "Hello", secret: "right"},
		{says: "it answers after a while", text: "Hello", secret: "right", delay: 300 * time.Millisecond},
		{says: "it answers too late", text: "Hello", secret: "right", delay: 300 * time.Millisecond, within: 100 * time.Millisecond, reason: probe.ReasonAnsweredLate},
		{says: "it never answers", secret: "right", timeout: 800 * time.Millisecond, reason: probe.ReasonNobodyAnswered},
		{says: "the secrets differ", text: "Hello", secret: "wrong", reason: probe.ReasonRejected},
		{says: "its clock is an hour away", text: "Hello", secret: "right", skew: time.Hour, reason: probe.ReasonRejected},
	} {
		server := httptest.NewServer(newDesk(secret, c.text, c.delay, func() time.Time { return time.Now().Add(c.skew) }))
		o := deskcheck.Options{URL: server.URL + "/hook", Secret: config.Secret{File: filepath.Join(dir, c.secret)}}
		o.SetDefaults()
		if o.Within = c.within; c.within == 0 {
			o.Within = time.Minute
		}
		if c.timeout == 0 {
			c.timeout = 10 * time.Second
		}
		p, err := deskcheck.New(o, probe.Env{})
		probetest.Want(t, c.says, probetest.Within(t, p, err, c.timeout), c.reason)
		server.Close()
	}
}
