package posts

import (
	"encoding/binary"
	"strconv"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/trend"
)

// pulse follows the complaints of one service.
type pulse struct {
	of *trend.Complaints
	// Who complained lately, each in the place that their pseudonym has: that one
	// author, or a few, post a thousand times is no trend.
	lately [512]uint64
}

// feel adds the signal of a trend to a post's, if there is one to give.
func (d *Desk) feel(out []outcry.Signal, post *outcry.Signal) []outcry.Signal {
	p := d.pulses[post.Service]
	if p == nil {
		p = &pulse{of: trend.NewComplaints(trend.Config{})}
		p.of.Listening(d.first)
		d.pulses[post.Service] = p
	}
	bad := post.Outcome == outcry.Bad
	if bad && p.repeats(post) {
		return out
	}
	now := p.of.Add(bad, post.At)
	if now.Is == trend.Nothing {
		return out
	}
	s := outcry.Signal{
		Kind: outcry.KindTrend, At: post.At, Service: post.Service, Vantage: d.name,
		Symptom: d.place(post), Count: uint32(now.Times),
		ID: d.hash("trend", d.name, post.Service, string(binary.LittleEndian.AppendUint64(nil, uint64(post.At.UnixMilli())))),
	}
	if now.Is == trend.Ends {
		s.Outcome, s.Count, s.Symptom = outcry.Good, 0, ""
	}
	return append(out, s)
}

// repeats reports whether a complaint is by one who has just complained, or a
// copy of what has just been posted.
func (p *pulse) repeats(post *outcry.Signal) bool {
	for _, who := range []uint64{post.Reporter, post.ID} {
		if who == 0 {
			continue
		}
		seat := &p.lately[who%uint64(len(p.lately))]
		if *seat == who {
			return true
		}
		*seat = who
	}
	return false
}

// place is which one the service is among all that people talk about; empty
// when it is not among the first.
func (d *Desk) place(post *outcry.Signal) string {
	for _, t := range d.Trends(post.At) {
		if t.Term == post.Service {
			return strconv.Itoa(t.Rank)
		}
	}
	return ""
}
