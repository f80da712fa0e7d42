package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
)

func TestQuorum(t *testing.T) {
	for _, c := range []struct {
		says string
		seen string // one letter per vantage: b, g, u
		m    int
		want outcry.Outcome
	}{
		{"two of three see it, two are wanted", "bbg", 2, outcry.Bad},
		{"one of three is not enough", "bgg", 2, outcry.Good},
		{"one sees it and one that cannot tell could be the second", "bug", 2, outcry.Unknown},
		{"those that cannot tell are too few to matter", "ugg", 2, outcry.Good},
		{"nobody can tell", "uuu", 1, outcry.Unknown},
		{"no vantage at all", "", 1, outcry.Unknown},
		{"a number below one means one", "bg", 0, outcry.Bad},
		{"more are wanted than there are", "bb", 3, outcry.Good},
	} {
		results := make([]Result, len(c.seen))
		for i, letter := range c.seen {
			results[i].Outcome = map[rune]outcry.Outcome{'b': outcry.Bad, 'g': outcry.Good, 'u': outcry.Unknown}[letter]
		}
		if got := Quorum(results, c.m); got != c.want {
			t.Errorf("%s: %v, wanted %v", c.says, got, c.want)
		}
	}
}

// A vantage that begins to see the fault never makes the whole look better.
func TestQuorumIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]outcry.Outcome{outcry.Bad, outcry.Good, outcry.Unknown}), 1, 9).Draw(t, "outcomes")
		m := rapid.IntRange(1, 9).Draw(t, "m")
		results := make([]Result, len(outcomes))
		for i, o := range outcomes {
			results[i].Outcome = o
		}
		before := Quorum(results, m)
		results[rapid.IntRange(0, len(results)-1).Draw(t, "which")].Outcome = outcry.Bad
		after := Quorum(results, m)
		if before == outcry.Bad && after != outcry.Bad {
			t.Fatalf("%v of %v: %v became %v", m, outcomes, before, after)
		}
	})
}

func TestReasonsAreStableWords(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[Reason]bool{}
	for _, r := range Reasons() {
		if !word.MatchString(string(r)) || seen[r] {
			t.Errorf("%q is no word of its own", r)
		}
		seen[r] = true
	}
}

func TestClassify(t *testing.T) {
	refused := (&netguard.Guard{}).Check("x", netip.MustParseAddr("10.0.0.1"))
	for _, c := range []struct {
		err  error
		want Reason
	}{
		{context.DeadlineExceeded, ReasonTimeout},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, ReasonRefused},
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, ReasonUnreachable},
		{&net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}, ReasonTimeout},
		{&net.OpError{Op: "dial", Err: syscall.EMFILE}, ReasonInternal},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, ReasonReset},
		{io.EOF, ReasonReset},
		{&net.DNSError{IsNotFound: true}, ReasonDNSNoName},
		{&net.DNSError{IsTimeout: true}, ReasonDNSFailed},
		{&net.DNSError{IsTemporary: true}, ReasonDNSFailed},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, ReasonTLSExpired},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}, ReasonTLSHostname},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, ReasonTLSChain},
		{tls.AlertError(40), ReasonTLS},
		{errors.New("malformed HTTP response"), ReasonProtocol},
		{refused, ReasonBlocked},
		{&Fault{Reason: ReasonLoss, Err: io.EOF}, ReasonLoss},
	} {
		if got := Classify(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
			t.Errorf("%v: %s, wanted %s", c.err, got, c.want)
		}
	}
}

func TestFailedIsUnknownWhereItSaysNothingOfTheTarget(t *testing.T) {
	blocked := (&netguard.Guard{}).Check("x", netip.MustParseAddr("10.0.0.1"))
	if r := Failed(blocked); r.Outcome != outcry.Unknown || r.Reason != ReasonBlocked {
		t.Errorf("a refusal of the guard: %v", r.Summary())
	}
	if r := Failed(io.EOF); r.Outcome != outcry.Bad || r.Reason != ReasonReset {
		t.Errorf("an end of file: %v", r.Summary())
	}
}

func TestFormat(t *testing.T) {
	r := Result{
		Outcome: outcry.Bad, Reason: ReasonStatus, Detail: "status 503,\x1b[31m wanted 200-299", Latency: 123456 * time.Microsecond,
		Steps: []Step{
			{Name: "dns", Duration: 12 * time.Millisecond, Detail: "192.0.2.1"},
			{Name: "first byte", Start: 20 * time.Millisecond, Duration: time.Millisecond},
			{Name: "body", Start: 21 * time.Millisecond, Duration: 100 * time.Millisecond, Err: "cut\nshort"},
		},
	}
	want := strings.Join([]string{
		"dns            +0.0 ms     12.0 ms  192.0.2.1",
		"first byte    +20.0 ms      1.0 ms",
		"body          +21.0 ms    100.0 ms  FAILED cut short",
		"outcome                   123.5 ms  down (status): status 503,�[31m wanted 200-299",
		"",
	}, "\n")
	var b strings.Builder
	if err := r.Format(&b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestPrintableIsOneBoundedLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := Printable(rapid.String().Draw(t, "s") + strings.Repeat("x", rapid.IntRange(0, 2000).Draw(t, "n")))
		if strings.ContainsAny(got, "\n\r\x1b\x00") || len([]rune(got)) > maxDetail+1 {
			t.Fatalf("%q", got)
		}
	})
}
