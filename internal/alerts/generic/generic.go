// Package generic reads alerts of any JSON, by a mapping of fields.
//
// Without a mapping it takes its own form, one alert or a list of them:
//
//	{"key": "disk-7", "status": "firing", "name": "Disk is full", "at": "2024-05-16T21:39:00Z", "labels": {"service": "shop"}}
package generic

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// Mapping says where an alert's parts are. A path is keys and indexes with dots
// between them: "alert.tags.0".
type Mapping struct {
	List     string            // of the list of alerts; empty: the body is the list, or the one alert
	Key      string            // several with + between them are joined
	Name     string            //
	Status   string            //
	At       string            // of an instant in RFC 3339; empty: now
	Firing   []string          // values of Status that fire, in any case
	Resolved []string          // that recover; what is neither changes nothing
	Labels   map[string]string // label: path
	All      string            // of an object whose texts are labels too; empty: none
}

// Native is the mapping of our own form.
func Native() Mapping {
	return Mapping{Key: "key", Name: "name", Status: "status", At: "at", Firing: []string{"firing"}, Resolved: []string{"resolved"}, All: "labels"}
}

// New makes the integration of a mapping.
func New(m Mapping) alerts.Integration {
	return alerts.ReadFunc(m.Read)
}

// Read makes sense of a request.
func (m *Mapping) Read(r *alerts.Request) (alerts.Reading, error) {
	var doc any
	if err := alerts.Decode(r.Body, &doc); err != nil {
		return alerts.Reading{}, err
	}
	if m.List != "" {
		doc = at(doc, m.List)
	}
	list, many := doc.([]any)
	if !many {
		list = []any{doc}
	}
	var out alerts.Reading
	for i, one := range list {
		a, neither, err := m.alert(one)
		if err != nil {
			return alerts.Reading{}, fmt.Errorf("alert %d: %w", i+1, err)
		}
		if !neither {
			out.Alerts = append(out.Alerts, a)
		}
	}
	return out, nil
}

func (m *Mapping) alert(doc any) (a alerts.Alert, neither bool, err error) {
	if _, ok := doc.(map[string]any); !ok {
		return a, false, outcry.FieldErrorf(m.List, "is no object")
	}
	var keys []string
	for path := range strings.SplitSeq(m.Key, "+") {
		k, ok := alerts.Text(at(doc, strings.TrimSpace(path)))
		if !ok || k == "" {
			return a, false, outcry.FieldErrorf(strings.TrimSpace(path), "the alert's key is not there, or is no text")
		}
		keys = append(keys, k)
	}
	status, ok := alerts.Text(at(doc, m.Status))
	if !ok {
		return a, false, outcry.FieldErrorf(m.Status, "the alert's status is not there, or is no text")
	}
	a = alerts.Alert{Key: strings.Join(keys, "/"), Labels: m.labels(doc), Firing: within(m.Firing, status)}
	if !a.Firing && !within(m.Resolved, status) {
		return a, true, nil
	}
	a.Name, _ = alerts.Text(at(doc, m.Name))
	if text, ok := alerts.Text(at(doc, m.At)); ok && text != "" {
		if a.At, err = time.Parse(time.RFC3339, text); err != nil {
			return a, false, outcry.FieldErrorf(m.At, "%.40q is no instant like 2024-05-16T21:39:00Z", text)
		}
	}
	return a, false, nil
}

func (m *Mapping) labels(doc any) map[string]string {
	all, _ := at(doc, m.All).(map[string]any)
	labels := alerts.Texts(all)
	for _, k := range slices.Sorted(maps.Keys(m.Labels)) {
		if v, ok := alerts.Text(at(doc, m.Labels[k])); ok {
			labels[k] = v
		}
	}
	return labels
}

func within(list []string, v string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, v) })
}

// at follows a path; nil when it leads nowhere.
func at(doc any, path string) any {
	if path == "" {
		return nil
	}
	for part := range strings.SplitSeq(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}
