package netguard

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
)

// A server that takes every connection and says at once that it goes away is
// not flooded by whoever tries again.
func TestPacedAtAServerThatGoesAway(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.TLS = &tls.Config{NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12} //nolint:gosec // a test's
	srv.StartTLS()
	defer srv.Close()
	var made atomic.Int32
	l := tls.NewListener(listen(t), srv.TLS)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			made.Add(1)
			go func() {
				defer c.Close()
				f := http2.NewFramer(c, c)
				if f.WriteSettings() != nil || f.WriteGoAway(0, http2.ErrCodeNo, nil) != nil {
					return
				}
				for _, err := f.ReadFrame(); err == nil; _, err = f.ReadFrame() { //nolint:revive // until the client goes
				}
			}()
		}
	}()
	guard, err := New([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := http.Client{Transport: &http.Transport{DialContext: guard.Own().Dialer(nil).Paced().DialContext, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+l.Addr().String(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Fatal("it answers")
	}
	if n := made.Load(); n > paceBurst+2*pacePerS {
		t.Errorf("%d connections in a second", n)
	}
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{of: (&Dialer{}).Paced().pace.of, burst: paceBurst, perS: pacePerS}
		began := time.Now()
		for range paceBurst + 3*pacePerS {
			if err := p.wait(t.Context(), "a:443"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began).Round(time.Second); took != 3*time.Second {
			t.Errorf("the dials take %s, wanted 3 s", took)
		}
		if began = time.Now(); p.wait(t.Context(), "b:443") != nil || time.Since(began) > 0 {
			t.Error("another address waits")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := p.wait(ctx, "a:443"); err == nil || !strings.Contains(err.Error(), "a:443") {
			t.Errorf("without the time to wait: %v", err)
		}
		time.Sleep(time.Minute)
		for i := range 3 * paceAtATime {
			p.limiter(strconv.Itoa(i))
		}
		if n := len(p.of); n > 2*paceAtATime {
			t.Errorf("%d addresses are remembered", n)
		}
	})
	var none *pace
	if none.wait(t.Context(), "a:443") != nil {
		t.Error("a dialer that is not paced waits")
	}
}
