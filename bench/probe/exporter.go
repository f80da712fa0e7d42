package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// module has the same assertions as our check.
const module = `
modules:
  same:
    prober: http
    timeout: 5s
    http:
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      fail_if_body_not_matches_regexp: ['"status":"ok"']
`

// measureExporter has the exporter probe at a rate, and gives its CPU time for
// one, in ms.
func measureExporter(ports string, seconds, rate int) (float64, error) {
	dir, err := os.MkdirTemp("", "outcry-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is in the temporary folder
	file := filepath.Join(dir, "blackbox.yml")
	if err := os.WriteFile(file, []byte(module), 0o600); err != nil {
		return 0, err
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.Command("prometheus-blackbox-exporter", "--config.file="+file, "--web.listen-address="+addr, "--log.level=error")
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the exporter (apt-get install prometheus-blackbox-exporter): %w", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	target := "http://" + addr + "/probe?module=same&target=" + url.QueryEscape("http://127.0.0.1:"+portOf(ports, "http")+"/")
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	if err := await(client, target); err != nil {
		return 0, err
	}
	ask(client, target, time.Second, rate)
	before, err := cpuOf(cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	good, bad := ask(client, target, time.Duration(seconds)*time.Second, rate)
	after, err := cpuOf(cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	if bad > 0 || good == 0 {
		return 0, fmt.Errorf("%d of the exporter's probes failed, %d did not", bad, good)
	}
	return (after - before).Seconds() * 1e3 / float64(good), nil
}

func await(client *http.Client, target string) error {
	var err error
	for range 200 {
		var ok bool
		if ok, err = once(client, target); ok {
			return nil
		}
		wait(50 * time.Millisecond)
	}
	return fmt.Errorf("the exporter does not answer well: %w", err)
}

// ask asks for probes at a rate, for a time.
func ask(client *http.Client, target string, lasts time.Duration, rate int) (good, bad int64) {
	var up, down atomic.Int64
	var all sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < lasts; {
		<-tick.C
		all.Go(func() {
			if ok, _ := once(client, target); ok {
				up.Add(1)
			} else {
				down.Add(1)
			}
		})
	}
	all.Wait()
	return up.Load(), down.Load()
}

func once(client *http.Client, target string) (bool, error) {
	resp, err := client.Get(target)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return strings.Contains(string(b), "\nprobe_success 1\n"), err
}
