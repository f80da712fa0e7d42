//go:build slow

package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// withWork adds a maintenance that is under way and one to come.
func withWork(w page.World) page.World {
	for id, from := range map[string]time.Time{"now": w.Now.Add(-time.Hour), "later": w.Now.Add(30 * time.Hour)} {
		w.Maintenances = append(w.Maintenances, page.Maintenance{
			ID: id, Title: "Work " + id, Services: []string{"homekit"}, From: from, To: from.Add(2 * time.Hour), CreatedAt: w.Now, UpdatedAt: w.Now,
		})
	}
	return w
}

// TestStatuspageClient: the statuspage.io package of npm reads our documents as
// it reads a hosted page's. (Whatever maintenance it is asked for, it asks
// the address of upcoming maintenance: that is its own mistake.)
func TestStatuspageClient(t *testing.T) {
	modules := daemon.NodeModules(t, "statuspage.io")
	s := newTest(t, nil)
	if err := s.Publish(withWork(pagetest.World(pagetest.Outage))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/statuspage.js", "http://"+start(t, s))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the client: %v", err)
	}
	type named struct{ Name, Status string }
	type document struct {
		Page         named
		Status       struct{ Indicator, Description string }
		Components   []named
		Incidents    []named
		Maintenances []named `json:"scheduled_maintenances"`
	}
	var got map[string]document
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if sum := got["summary"]; sum.Page.Name != "Apple, watched" || sum.Status.Indicator != "major" || len(sum.Components) < 4 || len(sum.Incidents) != 1 || len(sum.Maintenances) != 2 {
		t.Errorf("the summary is %+v", sum)
	}
	if got["status"].Status.Description != "All services are failing." {
		t.Errorf("the status is %+v", got["status"])
	}
	if c := got["components"].Components; len(c) < 4 || c[1].Status != "major_outage" {
		t.Errorf("the components are %+v", c)
	}
	if all, open := got["incidents"].Incidents, got["unresolved"].Incidents; len(all) <= len(open) || len(open) != 1 || open[0].Status != "investigating" && open[0].Status != "identified" {
		t.Errorf("the incidents are %+v, of which open %+v", all, open)
	}
	if next := got["upcoming"].Maintenances; len(next) != 1 || next[0].Name != "Work later" {
		t.Errorf("the upcoming maintenances are %+v", next)
	}
}

// TestStatuspageWidget: Statuspage's own web component, in a foreign page,
// shows our page's state.
func TestStatuspageWidget(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(daemon.NodeModules(t, "@statuspage/status-widget"), "@statuspage/status-widget/dist/index.js"))
	if err != nil {
		t.Fatal(err)
	}
	var base string
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/w.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(`<!doctype html><title>Host</title><statuspage-widget src="` + base + `"></statuspage-widget><script src="/w.js"></script>`))
	}))
	defer host.Close()
	ctx := browser(t)
	for _, c := range []struct {
		stage        pagetest.Stage
		class, words string
	}{
		{pagetest.Quiet, "none", "All Systems Operational"},
		{pagetest.Outage, "major", "All services are failing."},
		{pagetest.Recovering, "minor", "All services are coming back."},
	} {
		s := newTest(t, nil) // each with a port of its own: for ten seconds the browser may show what it has
		if err := s.Publish(pagetest.World(c.stage)); err != nil {
			t.Fatal(err)
		}
		base = "http://" + start(t, s)
		do(t, ctx, chromedp.Navigate(host.URL))
		const root = `document.querySelector("statuspage-widget").shadowRoot`
		until(t, ctx, root+`.querySelector(".status-indicator.`+c.class+`") && `+root+`.querySelector(".status-text").textContent.trim() === "`+c.words+`"`)
	}
}
