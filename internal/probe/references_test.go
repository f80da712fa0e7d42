package probe

import (
	"log/slog"
	"net"
	"testing"
	"time"
)

// port is an address of loopback where somebody listens, or nobody.
func port(t *testing.T, open bool) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if !open {
		l.Close() //nolint:errcheck // that is what is wanted
		return l.Addr().String()
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	return l.Addr().String()
}

func TestOneReferenceThatAnswersIsEnough(t *testing.T) {
	for _, c := range []struct {
		says  string
		addrs []string
		want  bool
	}{
		{"one of two", []string{"does-not-exist.invalid:1", port(t, true)}, true},
		{"a host that refuses is there, too", []string{port(t, false)}, true},
		{"a name that does not exist", []string{"does-not-exist.invalid:1"}, false},
		{"what is no address", []string{"nonsense"}, false},
		{"none at all", nil, false},
	} {
		if got := newReferences(c.addrs, Env{}).anyAnswers(t.Context()); got != c.want {
			t.Errorf("%s: %v", c.says, got)
		}
	}
}

func TestARoundIsFlownOneAtATime(t *testing.T) {
	f := newReferences([]string{port(t, true)}, Env{})
	f.ask(t.Context())
	f.ask(t.Context())
	if r := <-f.done; !r.answered || r.ended.Before(r.began) {
		t.Errorf("%+v", r)
	}
	f.wait()
	select {
	case <-f.done:
		t.Error("two rounds were flown")
	default:
	}
}

// With references that answer, a failure of a service elsewhere is bad within
// the time of a connect, on real sockets and the real clock.
func TestAFailureWithAReferenceThatAnswers(t *testing.T) {
	to := &sink{}
	s := NewScheduler(Config{Vantage: "here", References: []string{port(t, true)}, Log: slog.New(slog.DiscardHandler)}, to)
	err := s.Update([]Check{{Name: "x", Service: "x", Target: "x.example", Interval: time.Second, Prober: &target{result: down(ReasonTimeout)}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := testContext(t)
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	for len(to.of("x")) == 0 {
		<-time.After(10 * time.Millisecond)
	}
	stop()
	<-done
	if got := to.of("x"); got[0] != "bad timeout" {
		t.Error(got)
	}
}
