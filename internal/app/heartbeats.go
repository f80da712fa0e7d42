package app

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/outcry/outcry/internal/probe/heartbeat"
	"github.com/outcry/outcry/internal/web"
)

// typeHeartbeat is the type of check whose target calls us.
const typeHeartbeat = "heartbeat"

// heartbeats fits the jobs of the configuration. A process with the intake
// takes their calls; one that probes reads from the store what was heard.
func (p *process) heartbeats(deps *web.Deps) error {
	var kept heartbeat.Store // nil where there is no store: a vantage far away
	if p.store != nil {
		kept = p.store
	}
	p.beats = heartbeat.New(kept, time.Now, func(w http.ResponseWriter, r *http.Request, err error) { p.site.Fail(w, r, err) })
	if kept == nil || !p.has(RoleIntake) {
		return nil
	}
	jobs := 0
	for i := range p.Config.Checks {
		c := &p.Config.Checks[i]
		if c.Type != typeHeartbeat {
			continue
		}
		var o heartbeat.Options
		o.SetDefaults()
		if err := c.Options.Decode(&o); err != nil {
			return fmt.Errorf("check %s: %w", c.Name, err)
		}
		if err := p.beats.Register(o); err != nil {
			return fmt.Errorf("check %s: %w", c.Name, err)
		}
		jobs++
	}
	if jobs == 0 {
		return nil
	}
	p.fronts.work("heartbeats", func(ctx context.Context) error { return p.beats.Run(ctx) })
	if deps.Mounts == nil {
		deps.Mounts = make(map[string]http.Handler)
	}
	maps.Copy(deps.Mounts, p.beats.Handlers())
	return nil
}
