package webhook

import (
	"time"

	"github.com/outcry/outcry"
)

// payload is the body of a request.
type payload struct {
	ID       string            `json:"id"`
	Type     outcry.NoticeKind `json:"type"`
	At       time.Time         `json:"at"` // of the change that it tells
	Incident incidentBody      `json:"incident"`
	Update   *updateBody       `json:"update"`
}

// incidentBody is an incident as in the API, without the timeline.
type incidentBody struct {
	outcry.IncidentDocument
	URL string `json:"url,omitempty"`
}

type updateBody struct {
	ID     string               `json:"id"`
	At     time.Time            `json:"at"`
	State  outcry.IncidentState `json:"state"`
	Body   string               `json:"body"`
	Author string               `json:"author"`
}

func payloadOf(n *outcry.Notice, link string) payload {
	p := payload{ID: n.ID, Type: n.Kind, At: n.CreatedAt.UTC(), Incident: incidentBody{n.Incident.Document(), link}}
	if u := n.Update; u.Public {
		p.Update = &updateBody{ID: u.ID, At: u.At.UTC(), State: u.State, Body: u.Body, Author: u.Author}
	}
	return p
}
