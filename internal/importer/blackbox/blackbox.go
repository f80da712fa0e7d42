package blackbox

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/importer"
)

// defaultExporter is where an exporter listens whose address is not known.
const defaultExporter = "127.0.0.1:9115"

// Read makes a draft of the exporter's modules and of a Prometheus's targets.
// Either file may be empty: without targets there is nothing to check, and
// without modules the exporter is asked for each target.
func Read(name string, modules []byte, promName string, prometheus []byte) (*importer.Draft, error) {
	own, err := object(name, modules)
	if err != nil {
		return nil, err
	}
	targets := own
	if len(prometheus) > 0 {
		if targets, err = object(promName, prometheus); err != nil {
			return nil, err
		}
	}
	if !own.Has("modules") && !own.Has("scrape_configs") {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s has neither the modules of a blackbox_exporter nor the scrape_configs of a Prometheus", name)
	}
	if !targets.Has("scrape_configs") {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s says how to probe, and not what: give Prometheus's configuration, too, with --targets FILE", name)
	}
	r := &reader{d: &importer.Draft{From: "blackbox_exporter"}, modules: own.Object("modules"), used: map[string]bool{}}
	r.pace = duration(targets.Object("global").Text("scrape_interval"))
	for _, job := range targets.Objects("scrape_configs") {
		r.job(job)
	}
	r.rest(targets)
	for _, m := range r.modules.Keys() {
		if !r.used[m] {
			r.d.Lose("module "+m, "no target uses it")
		}
	}
	return r.d, nil
}

func object(name string, data []byte) (*importer.Object, error) {
	v, err := config.Foreign(name, data)
	if err != nil {
		return nil, err
	}
	o, ok := importer.NewObject(v, false)
	if !ok {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s has no keys with values", name)
	}
	return o, nil
}

// rest names what else a Prometheus does.
func (r *reader) rest(prometheus *importer.Object) {
	for _, key := range prometheus.Keys() {
		if key == "global" || key == "modules" || key == "scrape_configs" {
			continue
		}
		why := "it is a matter of Prometheus"
		switch key {
		case "alerting":
			why = "have Alertmanager tell this server, too: see docs/alerts.md"
		case "rule_files":
			why = "a rule's alerts can come in as alerts, its expression as a source of type promql"
		}
		r.d.Notes = append(r.d.Notes, prometheus.Lost(key, why)...)
	}
}

type reader struct {
	d       *importer.Draft
	pace    time.Duration // of jobs that say nothing
	modules *importer.Object
	used    map[string]bool
}

// job takes the targets of a scrape configuration that goes through an exporter.
func (r *reader) job(job *importer.Object) {
	name := job.Text("job_name")
	if path := job.Text("metrics_path"); path != "/probe" {
		r.d.Lose("job "+name, "it scrapes metrics and is no probe (metrics_path is not /probe)")
		return
	}
	s := scrape{
		name: name, module: "http_2xx", exporter: exporter(job),
		interval: duration(job.Text("scrape_interval")), timeout: duration(job.Text("scrape_timeout")),
	}
	if s.interval == 0 {
		s.interval = r.pace
	}
	if m := job.Object("params").Texts("module"); len(m) > 0 {
		s.module = m[0]
	}
	for _, key := range job.Keys() {
		if strings.HasSuffix(key, "_sd_configs") {
			r.d.Notes = append(r.d.Notes, job.Lost(key, "targets that are discovered are not known here: list them in job "+name)...)
		}
	}
	for _, static := range job.Objects("static_configs") {
		for _, t := range static.Texts("targets") {
			r.target(s, t)
		}
		labels := static.Object("labels")
		if len(labels.Keys()) > 0 {
			r.d.Lose("labels of job "+name+" ("+strings.Join(labels.Keys(), ", ")+")", "services have a group and a category")
		}
		labels.Ignore(labels.Keys()...)
	}
	job.Ignore("scheme", "honor_labels", "metric_relabel_configs", "relabel_configs") // of the scrape, not of the probe
	r.d.Notes = append(r.d.Notes, job.Rest()...)
}

// exporter is where a job's relabelling sends the scrape.
func exporter(job *importer.Object) string {
	for _, rule := range job.Objects("relabel_configs") {
		rule.Ignore(rule.Keys()...)
		if to := rule.Text("replacement"); rule.Text("target_label") == "__address__" && to != "" && !strings.Contains(to, "$") {
			return to
		}
	}
	return defaultExporter
}

// scrape is what all targets of a job have in common.
type scrape struct {
	name, module, exporter string
	interval, timeout      time.Duration
}

func (r *reader) target(s scrape, address string) {
	service := r.d.Service(title(address), s.name)
	c := r.d.Check(title(address), service)
	why := "its configuration is not given"
	if slices.Contains(r.modules.Keys(), s.module) {
		r.used[s.module] = true
		m := r.modules.Object(s.module)
		p := &probe{module: m, c: c, target: address}
		if why = p.make(); why == "" {
			if t := duration(m.Text("timeout")); s.timeout == 0 || t > 0 && t < s.timeout {
				s.timeout = t
			}
			if rest := m.Rest(); len(rest) > 0 {
				why = "it has " + rest[0].What + ", which no check of ours has"
			}
		}
	}
	if why != "" {
		c.Keys = c.Keys[:2]
		c.Notes = nil
		c.Lose("module "+s.module, "%s: the exporter itself is asked, and has to go on running", why)
		c.Keys.Set("type", "blackbox")
		c.Keys.Set("url", "http://"+s.exporter+"/probe?"+url.Values{"target": {address}, "module": {s.module}}.Encode())
	}
	c.Clock(s.interval, s.timeout)
}

// title is a target without what all have.
func title(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host + strings.TrimSuffix(u.Path, "/")
	}
	return address
}

// duration reads Prometheus's notation, which is ours; 0 for none or a wrong one.
func duration(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, err := config.ParseDuration(s)
	if err != nil {
		return 0
	}
	return d
}
