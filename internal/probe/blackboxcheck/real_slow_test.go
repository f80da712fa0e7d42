//go:build slow

package blackboxcheck

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

const modules = `
modules:
  http_2xx: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4}}
  says_ok: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: ["^ok"]}}
  tcp: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}
`

func TestAgainstBlackboxExporter(t *testing.T) {
	addr, _ := daemon.FreePort(t)
	dir := daemon.Folder(t, false)
	file := filepath.Join(dir, "blackbox.yml")
	if err := os.WriteFile(file, []byte(modules), 0o644); err != nil {
		t.Fatal(err)
	}
	exporter := daemon.Start(t, daemon.Spec{
		Program: "prometheus-blackbox-exporter", Needs: "apt-get install prometheus-blackbox-exporter", Dir: dir,
		Args: []string{"--config.file=" + file, "--web.listen-address=" + addr}, Ready: daemon.Answers(addr),
	})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		w.Write([]byte("ok")) //nolint:errcheck // the exporter tells
	}))
	defer site.Close()
	url := "http://" + addr + "/probe?module="
	check(t, "a site that is up", url+"http_2xx&target="+site.URL, outcry.Good, "")
	check(t, "a site that is busy", url+"http_2xx&target="+site.URL+"/busy", outcry.Bad, probe.ReasonStatus)
	check(t, "a body that is wanted", url+"says_ok&target="+site.URL, outcry.Good, "")
	check(t, "nobody", url+"tcp&target="+probetest.ClosedPort(t), outcry.Bad, ReasonFailed)
	check(t, "no such module", url+"nonesuch&target="+site.URL, outcry.Unknown, probe.ReasonStatus)
	check(t, "another page of it", "http://"+addr+"/metrics", outcry.Unknown, probe.ReasonProtocol)
	exporter.Stop()
	check(t, "no exporter", url+"http_2xx&target="+site.URL, outcry.Unknown, probe.ReasonRefused)
}
