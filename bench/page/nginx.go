package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const nginxConfig = `daemon off; worker_processes 2; pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 4096; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
  client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  types { text/html html; } server { listen %[2]s; root %[1]s/www; gzip_static on; add_header Cache-Control "public, max-age=0"; } }
`

// startNginx serves the page that our server serves, from files.
func startNginx(ours string) (c *contestant, end func(), err error) {
	dir, err := os.MkdirTemp("", "outcry-bench")
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "www"), 0o755); err != nil {
		return nil, nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, nil, err
	}
	for name, coding := range map[string]string{"index.html": "identity", "index.html.gz": "gzip"} {
		if err := save(ours, coding, filepath.Join(dir, "www", name)); err != nil {
			return nil, nil, err
		}
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConfig, dir, addr), 0o644); err != nil {
		return nil, nil, err
	}
	cmd := exec.Command("nginx", "-c", conf, "-p", dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start nginx: %w", err)
	}
	end = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	c = &contestant{name: "nginx", url: "http://" + addr + "/", cpu: func() (time.Duration, error) { return childrenCPU(cmd.Process.Pid) }}
	return c, end, await(addr)
}

// childrenCPU is what the live children of a process have used, by proc(5):
// nginx's workers.
func childrenCPU(parent int) (time.Duration, error) {
	const perTick = time.Second / 100 // USER_HZ is 100 on every Linux that Go runs on
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(b), ") ") // the name before may hold anything
		f := strings.Fields(rest)
		if len(f) < 13 || f[1] != strconv.Itoa(parent) {
			continue
		}
		for _, ticks := range f[11:13] {
			n, err := strconv.Atoi(ticks)
			if err != nil {
				return 0, fmt.Errorf("read %s: %w", file, err)
			}
			sum += time.Duration(n) * perTick
		}
	}
	return sum, nil
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
