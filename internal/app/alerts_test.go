package app

import (
	"net/http"
	"strings"
	"testing"
)

// An alert that a whole process takes is remembered over a restart, and
// recovers there.
func TestAlertsAreTakenAndOutliveARestart(t *testing.T) {
	t.Setenv("TEST_ALERT_TOKEN", "a secret of alertmanager")
	text := oneService + `intake:
  tokens: [{name: am, token: {env: TEST_ALERT_TOKEN}, roles: [alert]}]
alerts: {rules: [{match: {job: "api*"}, service: shop}], json: [{name: pingdom, key: id, status: state, firing: [DOWN], resolved: [UP]}]}
`
	data := t.TempDir()
	group := func(status string) string {
		return `{"version":"4","alerts":[{"status":"` + status + `","labels":{"job":"api-1"},"startsAt":"2024-05-16T21:39:00Z","endsAt":"2024-05-16T21:40:00Z","fingerprint":"f1"}]}`
	}
	send := func(l *live, path, body, want string) {
		t.Helper()
		if code, got := l.post(t, "/api/v1/alerts/"+path, "application/json", body, "Authorization", "Bearer a secret of alertmanager"); code != http.StatusAccepted || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s, want %s", path, code, got, want)
		}
	}
	l := serve(t, text, data)
	if code, _ := l.post(t, "/api/v1/alerts/alertmanager", "application/json", group("firing")); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", code)
	}
	send(l, "alertmanager", group("firing"), `"fired":1`)
	send(l, "alertmanager", group("firing"), `"repeated":1`)
	send(l, "pingdom", `{"id":7,"state":"DOWN"}`, `"unmapped":1`)
	send(l, "opsgenie/v2/alerts/x/close", `{}`, `"result"`)
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	l = serve(t, text, data)
	send(l, "alertmanager", group("resolved"), `"resolved":1`)
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
}
