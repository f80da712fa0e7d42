package replay

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
)

var complaints = [...]string{"is {} down?", "{} not working for me", "my {} messages won't send, anyone else?", "{} is down again", "ugh {} outage",
	"mensajes de {} no se envían", "{} geht nicht", "{} ne marche plus", "{} caiu", "{}が使えない", "anyone else having problems with {}?"}

var remarks = [...]string{"love the new {}", "just updated {}", "{} has nice stickers now", "watching the {} keynote", "me encanta {}", "{} ist super", "how do I set up {}?"}

// What is posted about a service on an ordinary day, an hour.
const (
	remarksPerHour    = 40.0
	complaintsPerHour = 4.0
)

// lead is how long before a scenario's start posts and checks begin, in
// seconds: they need less of a past than reports.
const lead = 86400

func post(rng *rand.Rand, service string, texts []string, name string) Record {
	return Record{
		Kind:    outcry.KindPost,
		Service: service,
		Text:    strings.ReplaceAll(choice(rng, texts), "{}", name),
		Author:  "a" + strconv.Itoa(rng.IntN(1e9)),
		Source:  "x",
	}
}

// talk is the posts of an ordinary day of one sort about one service: a
// Poisson process of constant rate.
type talk struct {
	rng    *rand.Rand
	spec   *Service
	texts  []string
	hourly float64
	t      float64 // of the next post
	end    float64
}

func smallTalk(sc *Scenario, random func(string) *rand.Rand) []source {
	from := max(seconds(sc.Begin()), seconds(sc.Start)-lead)
	var out []source
	for i := range sc.Services {
		for _, k := range []*talk{
			{rng: random("remarks/" + sc.Services[i].ID), texts: remarks[:], hourly: remarksPerHour},
			{rng: random("complaints/" + sc.Services[i].ID), texts: complaints[:], hourly: complaintsPerHour},
		} {
			k.spec, k.t, k.end = &sc.Services[i], from, seconds(sc.End)
			k.advance()
			out = append(out, k)
		}
	}
	return out
}

func (k *talk) advance() { k.t += k.rng.ExpFloat64() * 3600 / k.hourly }

func (k *talk) fill(to float64, emit func(float64, Record)) {
	for ; k.t < min(to, k.end); k.advance() {
		emit(k.t, post(k.rng, k.spec.ID, k.texts, k.spec.Name))
	}
}
