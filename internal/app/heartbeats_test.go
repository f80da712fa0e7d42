package app

import (
	"net/http"
	"testing"
)

const oneJob = oneService + `
checks:
  - {name: backup, service: shop, type: heartbeat, token: {env: OUTCRY_TEST_BEAT}, period: 1h, interval: 1s, timeout: 1s}
`

func TestJobsCall(t *testing.T) {
	const token = "0123456789abcdef"
	t.Setenv("OUTCRY_TEST_BEAT", token)
	data := t.TempDir()
	l := serve(t, oneJob, data)
	for path, want := range map[string]int{
		token: http.StatusOK, token + "/start": http.StatusOK, token + "/fail": http.StatusOK,
		token + "/other": http.StatusNotFound, "fedcba9876543210": http.StatusNotFound,
	} {
		if code, body := l.post(t, "/api/v1/heartbeat/"+path, "text/plain", "the disk is full"); code != want {
			t.Errorf("%s: %d %s, want %d", path, code, body, want)
		}
	}
	if code, _ := l.get(t, "/api/v1/heartbeat/"+token); code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", code)
	}
}
