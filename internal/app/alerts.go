package app

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
	"github.com/outcry/outcry/internal/alerts/alertmanager"
	"github.com/outcry/outcry/internal/alerts/cloudwatch"
	"github.com/outcry/outcry/internal/alerts/datadog"
	"github.com/outcry/outcry/internal/alerts/gatus"
	"github.com/outcry/outcry/internal/alerts/generic"
	"github.com/outcry/outcry/internal/alerts/grafana"
	"github.com/outcry/outcry/internal/alerts/opsgenie"
	"github.com/outcry/outcry/internal/alerts/pagerduty"
	"github.com/outcry/outcry/internal/alerts/uptimekuma"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/web"
)

// integrations are the senders of alerts that can be read, one line each, by
// the part of the address that they send to.
func integrations(client *http.Client) map[string]alerts.Integration {
	return map[string]alerts.Integration{
		"alertmanager": alertmanager.New(),
		"cloudwatch":   cloudwatch.New(client, time.Now),
		"datadog":      datadog.New(),
		"gatus":        gatus.New(),
		"grafana":      grafana.New(),
		"json":         generic.New(generic.Native()),
		"opsgenie":     opsgenie.New(),
		"pagerduty":    pagerduty.New(),
		"uptime-kuma":  uptimekuma.New(),
	}
}

// takeAlerts mounts the door of other systems' alerts.
func (p *process) takeAlerts(deps *web.Deps) error {
	tokens, err := p.alertTokens()
	if err != nil || len(tokens) == 0 || !p.has(RoleIntake) {
		return err
	}
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return err
	}
	metrics, err := alerts.NewMetrics(p.metrics)
	if err != nil {
		return err
	}
	list := integrations(&http.Client{Transport: &http.Transport{
		DialContext: guard.Dialer(nil).DialContext, TLSHandshakeTimeout: 10 * time.Second, DisableKeepAlives: true,
	}})
	for i := range p.Config.Alerts.JSON {
		j := &p.Config.Alerts.JSON[i]
		if _, taken := list[j.Name]; taken {
			return fmt.Errorf("alerts.json: %w", outcry.FieldErrorf("name", "%s is one of the integrations that are built in", j.Name))
		}
		list[j.Name] = generic.New(generic.Mapping{
			List: j.List, Key: j.Key, Name: j.Title, Status: j.Status, At: j.At, Firing: j.Firing, Resolved: j.Resolved, Labels: j.Labels,
		})
	}
	door := alerts.New(alerts.Config{
		Integrations: list, Mapping: alertMapping(p.Config), Tokens: tokens, Memory: p.store, Sender: p.gatherer, Now: time.Now, Log: p.Log,
		Metrics: metrics, Fail: func(w http.ResponseWriter, r *http.Request, err error) { p.site.Fail(w, r, err) },
	})
	if deps.Mounts == nil {
		deps.Mounts = make(map[string]http.Handler)
	}
	deps.Mounts["POST "+alerts.Prefix+"{integration}"] = door
	deps.Mounts["POST "+alerts.Prefix+"{integration}/{rest...}"] = door
	return nil
}

// alertTokens are those that may send alerts.
func (p *process) alertTokens() ([]alerts.Token, error) {
	var out []alerts.Token
	for i := range p.Config.Intake.Tokens {
		t := &p.Config.Intake.Tokens[i]
		if !slices.Contains(t.Roles, config.RoleAlert) {
			continue
		}
		secret, err := t.Token.Value()
		if err != nil {
			return nil, fmt.Errorf("token %s: %w", t.Name, err)
		}
		out = append(out, alerts.Token{Name: t.Name, Secret: secret})
	}
	return out, nil
}

func alertMapping(c *config.Config) alerts.Mapping {
	m := alerts.Mapping{Label: c.Alerts.Label, Default: c.Alerts.Default}
	for i := range c.Services {
		m.Services = append(m.Services, c.Services[i].ID)
	}
	for _, r := range c.Alerts.Rules {
		m.Rules = append(m.Rules, alerts.Rule{Match: r.Match, Service: r.Service, Symptom: r.Symptom})
	}
	return m
}
