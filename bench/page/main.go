// Command page measures how fast the status page is served, with nginx on the
// same bytes in the same run as the yardstick.
//
//	go run ./bench/page [-seconds 8] [-connections 100] [-rounds 3]
//
// It needs nginx and wrk (apt-get install nginx wrk). Our server and nginx
// (gzip_static, two workers, no access log) run one after the other on the
// same cores as the load generator; each round measures both. The figure is
// the ratio of the medians.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/web"
)

func main() {
	seconds := flag.Int("seconds", 8, "length of each measurement")
	connections := flag.Int("connections", 100, "open connections")
	rounds := flag.Int("rounds", 3, "measurements of each server")
	serve := flag.String("serve", "", "only serve the demonstration world on this address, for looking at it")
	flag.Parse()
	var err error
	if *serve != "" {
		err = demonstrate(*serve)
	} else {
		err = run(*seconds, *connections, *rounds)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func newServer() (*web.Server, error) {
	s, err := web.New(web.Config{Page: page.Options{Name: "Outcry", URL: "http://localhost:8080", Location: pagetest.Location()}},
		web.Deps{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry()})
	if err != nil {
		return nil, err
	}
	return s, s.Publish(pagetest.World(pagetest.Outage))
}

func demonstrate(addr string) error {
	s, err := newServer()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(context.Background(), l, time.Second)
}

func run(seconds, connections, rounds int) error {
	s, err := newServer()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { _ = s.Serve(ctx, l, time.Second) }()
	ours := "http://" + l.Addr().String() + "/"
	theirs, end, err := startNginx(ours)
	if err != nil {
		return err
	}
	defer end()
	return compare(ours, theirs, seconds, connections, rounds)
}

func compare(ours, theirs string, seconds, connections, rounds int) error {
	var a, b []float64
	for i := range rounds {
		for _, m := range []struct {
			name, url string
			into      *[]float64
		}{{"outcry", ours, &a}, {"nginx", theirs, &b}} {
			rate, latency, err := load(m.url, seconds, connections)
			if err != nil {
				return err
			}
			fmt.Printf("round %d  %-6s  %8.0f requests/s  %s\n", i+1, m.name, rate, latency)
			*m.into = append(*m.into, rate)
		}
	}
	slices.SortFunc(a, cmp.Compare)
	slices.SortFunc(b, cmp.Compare)
	x, y := a[len(a)/2], b[len(b)/2]
	fmt.Printf("median   outcry %.0f/s, nginx gzip_static %.0f/s: ratio %.2f (%d connections, %d cores, %s)\n",
		x, y, x/y, connections, runtime.NumCPU(), runtime.Version())
	return nil
}

var (
	rateLine = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	tailLine = regexp.MustCompile(`(?m)^\s+(50|99)%\s+(\S+)`)
	badLine  = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// load runs wrk, which asks for gzip as browsers do.
func load(url string, seconds, connections int) (rate float64, latency string, err error) {
	out, err := exec.Command("wrk", "-t2", "-c"+strconv.Itoa(connections), "-d"+strconv.Itoa(seconds)+"s", "--latency",
		"-H", "Accept-Encoding: gzip", url).CombinedOutput()
	if err != nil {
		return 0, "", fmt.Errorf("run wrk: %w: %s", err, out)
	}
	m := rateLine.FindSubmatch(out)
	if m == nil || badLine.Match(out) {
		return 0, "", fmt.Errorf("wrk against %s: %s", url, out)
	}
	for _, t := range tailLine.FindAllSubmatch(out, -1) {
		latency += fmt.Sprintf("p%s %s  ", t[1], t[2])
	}
	rate, err = strconv.ParseFloat(string(m[1]), 64)
	return rate, latency, err
}

const nginxConfig = `daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  types { text/html html; } server { listen %[2]s; root %[1]s/www; gzip_static on; add_header Cache-Control "public, max-age=0"; } }
`

// startNginx serves the page that our server serves, from files.
func startNginx(ours string) (url string, end func(), err error) {
	dir, err := os.MkdirTemp("", "outcry-bench")
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "www"), 0o755); err != nil {
		return "", nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", nil, err
	}
	for name, coding := range map[string]string{"index.html": "identity", "index.html.gz": "gzip"} {
		if err := save(ours, coding, filepath.Join(dir, "www", name)); err != nil {
			return "", nil, err
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		return "", nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConfig, dir, addr), 0o644); err != nil {
		return "", nil, err
	}
	cmd := exec.Command("nginx", "-c", conf, "-p", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start nginx: %w", err)
	}
	end = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	return "http://" + addr + "/", end, await(addr)
}

// await dials until nginx listens.
func await(addr string) error {
	var last error
	for range 100 {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			return c.Close()
		}
		last = err
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("nginx does not listen: %w", last)
}

func save(url, coding, file string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept-Encoding", coding) // set by hand, the client hands over the bytes as they are
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("fetch our own page: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("fetch our own page: %w", err)
	}
	fmt.Printf("page as %s: %d bytes\n", coding, len(body))
	return os.WriteFile(file, body, 0o644)
}
