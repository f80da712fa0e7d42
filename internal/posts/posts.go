// Package posts turns public posts into signals, and keeps what is trending. It
// is pure: whoever listens to a stream, or plays a scenario, hands it posts in
// order of time.
//
//	desk := posts.New(services, carriers, key, "posts")
//	signals := desk.Read(posts.Post{At: at, Text: "is iMessage down?", Author: "…", Source: "bluesky"})
//	trends := desk.Trends(at)
//
// A post gives one signal for each service that it names: Bad when it complains
// (package classify), else Good, so that talk which complains of nothing is
// counted too; and one more when it makes complaints of the service trend, or
// ends that. Its author becomes a keyed hash and is forgotten, with the text.
// Copies count once: reposts, and texts of some length that are the same to the
// letter, share an ID. Short texts do not: "is iMessage down?" is what a
// thousand people write who never met.
package posts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/classify"
	"github.com/outcry/outcry/internal/trend"
)

// Post is one public post.
type Post struct {
	At     time.Time
	Text   string
	Author string // as the source names them; empty: not known
	Source string // the network that it was posted on
	About  string // the service that the source knows it to be about; empty: those that it names
	ID     string // the source's own; empty: none. A post that comes twice counts once
	Repost bool   // somebody passes on another's text
}

// Desk reads posts. It is for one goroutine.
type Desk struct {
	reader *classify.Reader
	trends *trend.Table
	key    []byte
	name   string
	ids    []string
	pulses map[string]*pulse
	first  time.Time // when it first read
	others uint64    // posts that name none
}

// New makes a desk for services, and the carriers that posts may name. The key
// makes the authors' pseudonyms. The name tells the desk from others that read
// posts at the same time: it is the vantage of what it says of trends, so that
// none ends another's.
func New(services []outcry.Service, carriers []string, key []byte, name string) *Desk {
	d := &Desk{key: key, name: name, pulses: make(map[string]*pulse, len(services))}
	var subjects []classify.Subject
	for i := range services {
		s := &services[i]
		about := classify.Subject{ID: s.ID, Names: namesOf(s)}
		for _, y := range s.Symptoms {
			about.Symptoms = append(about.Symptoms, y.ID)
		}
		subjects = append(subjects, about)
		d.ids = append(d.ids, s.ID)
	}
	d.reader = classify.NewReader(subjects, carriers)
	d.trends = trend.New(trend.Config{Known: d.ids})
	return d
}

func namesOf(s *outcry.Service) []string {
	names := []string{s.Name, s.ID}
	if s.Name == s.ID || s.Name == "" {
		names = names[1:]
	}
	return append(names, s.Aliases...)
}

// Rekey changes the key of pseudonyms. Who has posted under the old one is
// somebody else under the new.
func (d *Desk) Rekey(key []byte) { d.key = key }

// sampled is of how many posts that name no service one is looked at for what
// trends besides: their words are what costs most.
const sampled = 4

// copied is from how many letters on two equal texts are taken for copies.
const copied = 60

// Read gives a post's signals: none when it names no watched service.
func (d *Desk) Read(p Post) []outcry.Signal {
	if d.first.IsZero() {
		d.first = p.At
	}
	r := d.read(&p)
	for _, id := range r.Services {
		d.trends.Add(id, p.At)
	}
	if len(r.Services) == 0 { // else its words trend because the service does
		d.besides(&p)
	}
	out := make([]outcry.Signal, 0, len(r.Services))
	for i, id := range r.Services {
		s := outcry.Signal{
			Kind: outcry.KindPost, Outcome: outcry.Good, At: p.At, Service: id,
			Scope: outcry.Scope{Region: r.Region, Carrier: r.Carrier},
		}
		if r.Complains() {
			s.Outcome, s.Symptom = outcry.Bad, r.Symptoms[i]
		}
		if p.Author != "" {
			s.Reporter = d.hash("author", p.Source, p.Author)
		}
		if p.Repost || r.Runes >= copied {
			s.ID = d.hash("copy", id, string(binary.LittleEndian.AppendUint64(nil, r.Print)))
		} else if p.ID != "" {
			s.ID = d.hash("post", id, p.Source, p.ID)
		}
		out = append(out, s)
		if !p.Repost {
			out = d.feel(out, &s)
		}
	}
	return out
}

// besides takes what a post that names no service talks about.
func (d *Desk) besides(p *Post) {
	if d.others++; d.others%sampled == 0 {
		trend.Terms(p.Text, func(t string) { d.trends.AddMany(t, sampled, p.At) })
	}
}

func (d *Desk) read(p *Post) classify.Reading {
	if p.About != "" {
		return d.reader.ReadAbout(p.Text, p.About)
	}
	return d.reader.Read(p.Text)
}

// hash makes a pseudonym: HMAC-SHA256 cut to 64 bits, never 0.
func (d *Desk) hash(parts ...string) uint64 {
	mac := hmac.New(sha256.New, d.key)
	for _, p := range parts {
		mac.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(p))))
		mac.Write([]byte(p))
	}
	return max(1, binary.LittleEndian.Uint64(mac.Sum(nil)))
}

// shown is how deep the list of trends is that a service may have a rank in.
const shown = 100

// Trends gives the services that are trending now, the strongest first; their
// ranks are those among all that people talk about.
func (d *Desk) Trends(at time.Time) []trend.Trend {
	all := d.trends.Top(at, shown)
	return slices.DeleteFunc(all, func(t trend.Trend) bool { return !slices.Contains(d.ids, t.Term) })
}
