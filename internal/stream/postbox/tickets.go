package postbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
)

// ticket is what a help desk tells of one.
type ticket struct {
	ID, Subject, Body, Author, Segment, Service string
}

// maxTicket is how large a webhook's body may be.
const maxTicket = 1 << 20

// ticket takes one webhook. The service may be in the address, ?service=ID, for a
// desk that serves one only.
func (b *Box) ticket(w http.ResponseWriter, r *http.Request) error {
	read, known := desks()[r.PathValue("desk")]
	if !known {
		return outcry.Errorf(outcry.CodeNotFound, "%q is no help desk: zendesk, intercom, freshdesk or generic", r.PathValue("desk"))
	}
	data, err := stream.ReadAll(r.Body, maxTicket)
	if err != nil {
		return outcry.Wrap(outcry.CodeTooLarge, err, "read the ticket")
	}
	t, err := read(data)
	switch {
	case errors.Is(err, errNoTicket):
		return answer(w, &taken{})
	case err != nil:
		return outcry.Errorf(outcry.CodeInvalid, "not a ticket of %s: %v", r.PathValue("desk"), err)
	}
	t.Service = cmp.Or(t.Service, r.URL.Query().Get("service"))
	if err := b.known(t.Service); err != nil {
		return err
	}
	signals := b.complaints(&t, r.PathValue("desk"))
	if len(signals) > 0 {
		if err := b.Sender.Send(r.Context(), signals); err != nil {
			return fmt.Errorf("keep a ticket: %w", err)
		}
	}
	return answer(w, &taken{Accepted: 1, Signals: len(signals)})
}

// complaints makes reports of a ticket that complains.
func (b *Box) complaints(t *ticket, desk string) []outcry.Signal {
	text := strings.TrimSpace(t.Subject + ". " + t.Body)
	read := b.Reader.Read(posts.Post{At: time.Now().UTC().Truncate(time.Millisecond), Text: text, Author: t.Author, Source: desk, About: t.Service, ID: cmp.Or(t.ID, t.Author)})
	var out []outcry.Signal
	for _, s := range read {
		if s.Kind != outcry.KindPost || s.Outcome != outcry.Bad {
			continue
		}
		s.Kind = outcry.KindReport
		s.Scope.Segment = t.Segment
		out = append(out, s)
	}
	return out
}

func desks() map[string]func([]byte) (ticket, error) {
	return map[string]func([]byte) (ticket, error){"zendesk": zendesk, "intercom": intercom, "freshdesk": freshdesk, "generic": generic}
}

// errNoTicket is another event than that of a new ticket: a desk's test, or what
// becomes of a ticket, which would count it again.
var errNoTicket = errors.New("it tells of no new ticket")

// errNoText is a ticket that says nothing.
var errNoText = errors.New("it has neither subject nor text")

func (t ticket) checked() (ticket, error) {
	t.Subject, t.Body, t.Segment = stream.Plain(t.Subject), stream.Plain(t.Body), clip(t.Segment, 64)
	if t.Subject == "" && t.Body == "" {
		return t, errNoText
	}
	return t, nil
}

// zendesk reads an event of ticket.created
// (developer.zendesk.com/api-reference/webhooks/event-types/ticket-events).
func zendesk(data []byte) (ticket, error) {
	var in struct {
		Type   string `json:"type"`
		Detail struct {
			ID           jsontext.Value `json:"id"`
			Subject      string         `json:"subject"`
			Description  string         `json:"description"`
			Requester    jsontext.Value `json:"requester_id"`
			Organization jsontext.Value `json:"organization_id"`
		} `json:"detail"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return ticket{}, err
	}
	if in.Type != "" && in.Type != "zen:event-type:ticket.created" {
		return ticket{}, errNoTicket
	}
	d := &in.Detail
	return ticket{ID: word(d.ID), Subject: d.Subject, Body: d.Description, Author: word(d.Requester), Segment: word(d.Organization)}.checked()
}

// intercom reads a notification of conversation.user.created
// (developers.intercom.com/docs/references/webhooks).
func intercom(data []byte) (ticket, error) {
	var in struct {
		Topic string `json:"topic"`
		Data  struct {
			Item struct {
				ID     jsontext.Value `json:"id"`
				Source struct {
					Subject string `json:"subject"`
					Body    string `json:"body"`
					Author  struct {
						ID jsontext.Value `json:"id"`
					} `json:"author"`
				} `json:"source"`
				Company struct {
					Name string `json:"name"`
				} `json:"company"`
			} `json:"item"`
		} `json:"data"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return ticket{}, err
	}
	if in.Topic != "" && in.Topic != "conversation.user.created" {
		return ticket{}, errNoTicket
	}
	i := &in.Data.Item
	return ticket{ID: word(i.ID), Subject: i.Source.Subject, Body: i.Source.Body, Author: word(i.Source.Author.ID), Segment: i.Company.Name}.checked()
}

// freshdesk reads the webhook of an automation rule, with its own placeholders'
// names (support.freshdesk.com: "Using webhooks in automation rules").
func freshdesk(data []byte) (ticket, error) {
	var in struct {
		Ticket struct {
			ID          jsontext.Value `json:"ticket_id"`
			Subject     string         `json:"ticket_subject"`
			Description string         `json:"ticket_description"`
			Email       string         `json:"ticket_requester_email"`
			Company     string         `json:"ticket_company_name"`
		} `json:"freshdesk_webhook"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return ticket{}, err
	}
	t := &in.Ticket
	return ticket{ID: word(t.ID), Subject: t.Subject, Body: t.Description, Author: t.Email, Segment: t.Company}.checked()
}

// generic reads a ticket in our own words.
func generic(data []byte) (ticket, error) {
	var in struct {
		ID      jsontext.Value `json:"id"`
		Subject string         `json:"subject"`
		Text    string         `json:"text"`
		Author  jsontext.Value `json:"author"`
		Segment string         `json:"segment"`
		Service string         `json:"service"`
	}
	if err := json.Unmarshal(data, &in, json.RejectUnknownMembers(true)); err != nil {
		return ticket{}, err
	}
	return ticket{ID: word(in.ID), Subject: in.Subject, Body: in.Text, Author: word(in.Author), Segment: in.Segment, Service: in.Service}.checked()
}

// word is a number or string as text; null is none.
func word(v jsontext.Value) string {
	if s := strings.Trim(string(v), `"`); s != "null" {
		return clip(s, 64)
	}
	return ""
}

func clip(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(strings.TrimSpace(s), "")
}
