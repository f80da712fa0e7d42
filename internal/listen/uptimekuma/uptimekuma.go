// Package uptimekuma reads public status pages of Uptime Kuma:
// /api/status-page/SLUG, with the monitors, and
// /api/status-page/heartbeat/SLUG, with their last beats.
package uptimekuma

import (
	"errors"
	"net/url"
	"path"
	"strconv"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/listen"
)

// Format is that of Uptime Kuma. The address is the page's, …/status/SLUG; one
// without a slug is that of the page "default".
func Format() listen.Format {
	return listen.Format{URLs: urls, Read: func(bodies [][]byte, _ time.Time) (listen.Document, error) { return Read(bodies[0], bodies[1]) }}
}

func urls(page *url.URL) []string {
	slug, base := "default", *page
	if dir, last := path.Split(path.Clean("/" + page.Path)); path.Base(dir) == "status" && last != "" {
		slug, base.Path = last, path.Dir(path.Clean(dir))
	}
	slug = url.PathEscape(slug)
	base.RawQuery, base.Fragment = "", ""
	return []string{base.JoinPath("api/status-page", slug).String(), base.JoinPath("api/status-page/heartbeat", slug).String()}
}

type page struct {
	Config struct {
		Slug string `json:"slug"`
	} `json:"config"`
	Groups []struct {
		Name     string `json:"name"`
		Monitors []struct {
			ID   int    `json:"id"`
			Name string `json:"name"`
		} `json:"monitorList"`
	} `json:"publicGroupList"`
}

type beats struct {
	List map[string][]struct {
		Status int `json:"status"` // 0 down, 1 up, 2 pending, 3 maintenance
	} `json:"heartbeatList"`
}

// Read makes sense of the two documents.
func Read(pageBody, beatsBody []byte) (listen.Document, error) {
	var p page
	var b beats
	if err := errors.Join(listen.Decode(pageBody, &p), listen.Decode(beatsBody, &b)); err != nil {
		return listen.Document{}, err
	}
	if b.List == nil {
		return listen.Document{}, errors.New("there is no list of heartbeats")
	}
	out := listen.Document{Full: true}
	for _, g := range p.Groups {
		for _, m := range g.Monitors {
			s := listen.Statement{Component: m.Name, Group: g.Name, Outcome: outcry.Unknown, Status: "no-beats"}
			if list := b.List[strconv.Itoa(m.ID)]; len(list) > 0 {
				s.Outcome, s.Status = outcomeOf(list[len(list)-1].Status)
			}
			out.Components = append(out.Components, s)
		}
	}
	if len(out.Components) == 0 {
		return listen.Document{}, errors.New("no monitors are listed")
	}
	out.Page = listen.Worst(out.Components, "up")
	return out, nil
}

func outcomeOf(status int) (outcry.Outcome, string) {
	switch status {
	case 0:
		return outcry.Bad, "down"
	case 1:
		return outcry.Good, "up"
	case 2: // it fails, and is tried again before that counts
		return outcry.Unknown, "pending"
	case 3:
		return outcry.Unknown, "maintenance"
	default:
		return outcry.Unknown, "status-" + strconv.Itoa(status)
	}
}
