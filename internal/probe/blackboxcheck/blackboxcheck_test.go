package blackboxcheck

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func check(t *testing.T, says, url string, outcome outcry.Outcome, reason probe.Reason) {
	t.Helper()
	p, err := New(Options{URL: url}, probe.Env{})
	patience := probetest.Patience(reason)
	if reason == probe.ReasonBody {
		patience = 10 * time.Second
	}
	r := probetest.Within(t, p, err, patience)
	if r.Outcome != outcome || r.Reason != reason {
		t.Errorf("%s: %s, wanted %d %q", says, r.Summary(), outcome, reason)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		says, metrics string
		outcome       outcry.Outcome
		reason        probe.Reason
	}{
		{"up", "# TYPE probe_success gauge\nprobe_success 1\nprobe_duration_seconds 0.02\n", outcry.Good, ""},
		{"up, without types", "probe_success 1\n", outcry.Good, ""},
		{"down", "probe_success 0\n", outcry.Bad, ReasonFailed},
		{"a status", "probe_success 0\nprobe_http_status_code 503\nprobe_ip_protocol 4\n", outcry.Bad, probe.ReasonStatus},
		{"a body", "probe_success 0\nprobe_http_status_code 200\nprobe_failed_due_to_regex 1\n", outcry.Bad, probe.ReasonBody},
		{"no such name", "probe_success 0\nprobe_ip_protocol 0\n", outcry.Bad, probe.ReasonDNSFailed},
		{"an expired certificate", "probe_success 0\nprobe_ssl_earliest_cert_expiry 1.5e9\n", outcry.Bad, probe.ReasonTLSExpired},
		{"metrics of something else", "up 1\n", outcry.Unknown, probe.ReasonProtocol},
		{"a page", "<html>", outcry.Unknown, probe.ReasonProtocol},
		{"nothing", "", outcry.Unknown, probe.ReasonProtocol},
		{"a megabyte and more", strings.Repeat("# x\n", 400000), outcry.Unknown, probe.ReasonTooLarge},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Prometheus-Scrape-Timeout-Seconds") == "" || r.URL.Query().Get("module") != "m" {
				t.Errorf("asked for %s", r.URL)
			}
			io.WriteString(w, c.metrics) //nolint:errcheck // the client tells
		}))
		check(t, c.says, s.URL+"/probe?target=x&module=m", c.outcome, c.reason)
		s.Close()
	}
}

func TestExportersThatMisbehave(t *testing.T) {
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Unknown module", http.StatusBadRequest) }))
	defer refuses.Close()
	check(t, "an unknown module", refuses.URL, outcry.Unknown, probe.ReasonStatus)
	for says, c := range map[string]struct {
		addr   string
		reason probe.Reason
	}{
		"never ends":   {probetest.Serve(t, probetest.Flood("HTTP/1.1 200 OK\r\nX: ")), probe.ReasonTooLarge},
		"nobody":       {probetest.ClosedPort(t), probe.ReasonRefused},
		"stalls later": {probetest.Serve(t, probetest.Say("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx")), probe.ReasonReset},
	} {
		check(t, says, "http://"+c.addr+"/probe", outcry.Unknown, c.reason)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"probe_success 1\n", "# TYPE a gauge\na{b=\"c\"} 1 2\n", "probe_success{x=\"y\"} 1\n", "probe_success NaN\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		families, err := parse([]byte(s))
		if err != nil {
			return
		}
		if r := judge(families, time.Unix(0, 0)); r.Outcome == outcry.Good && !strings.Contains(s, "probe_success") {
			t.Error(fmt.Sprint(r))
		}
	})
}
