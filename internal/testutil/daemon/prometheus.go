package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Prometheus starts a Prometheus that looks every second at a target,
// "HOST:PORT" or its http:// address, and gives its own address.
func Prometheus(t testing.TB, target string) (address string) {
	t.Helper()
	addr, _ := FreePort(t)
	dir := Folder(t, false)
	file := filepath.Join(dir, "prometheus.yml")
	text := "scrape_configs: [{job_name: shop, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{targets: [\"" + strings.TrimPrefix(target, "http://") + "\"]}]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	Start(t, Spec{
		Program: "prometheus", Needs: "apt-get install prometheus", Dir: dir,
		Args: []string{"--config.file=" + file, "--web.listen-address=" + addr, "--storage.tsdb.path=" + filepath.Join(dir, "data")}, Ready: Answers(addr),
	})
	return "http://" + addr
}
