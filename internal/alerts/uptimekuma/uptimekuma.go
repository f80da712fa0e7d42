// Package uptimekuma reads the webhooks of Uptime Kuma, of content type JSON. A
// monitor is down with status 0 and up with status 1; its labels are monitor
// (the name), url, type, and its tags by their names.
package uptimekuma

import (
	"encoding/json"
	"strconv"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/alerts"
)

// New makes the integration.
func New() alerts.Integration { return alerts.ReadFunc(Read) }

type message struct {
	Heartbeat *struct {
		Status *int `json:"status"` // 0 down, 1 up, 2 pending, 3 maintenance
	} `json:"heartbeat"`
	Monitor *struct {
		ID   json.Number `json:"id"`
		Name string      `json:"name"`
		URL  string      `json:"url"`
		Type string      `json:"type"`
		Tags []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"tags"`
	} `json:"monitor"`
	Msg string `json:"msg"`
}

// Read makes sense of a webhook.
func Read(r *alerts.Request) (alerts.Reading, error) {
	var m message
	if err := alerts.Decode(r.Body, &m); err != nil {
		return alerts.Reading{}, err
	}
	if m.Heartbeat == nil || m.Monitor == nil {
		if m.Msg == "" {
			return alerts.Reading{}, outcry.FieldErrorf("monitor", "neither a monitor with its heartbeat nor a message")
		}
		return alerts.Reading{}, nil // the test button, or a certificate's warning
	}
	if m.Monitor.ID == "" || m.Heartbeat.Status == nil {
		return alerts.Reading{}, outcry.FieldErrorf("monitor.id", "the monitor has no id, or its heartbeat no status")
	}
	status := *m.Heartbeat.Status
	if status != 0 && status != 1 {
		return alerts.Reading{}, nil
	}
	labels := map[string]string{"monitor": m.Monitor.Name, "monitor_id": m.Monitor.ID.String(), "url": m.Monitor.URL, "type": m.Monitor.Type}
	for _, t := range m.Monitor.Tags {
		labels[t.Name] = t.Value
	}
	name := m.Monitor.Name
	if name == "" {
		name = "monitor " + strconv.Quote(m.Monitor.ID.String())
	}
	return alerts.Reading{Alerts: []alerts.Alert{{Key: "monitor-" + m.Monitor.ID.String(), Firing: status == 0, Name: name, Labels: labels}}}, nil
}
