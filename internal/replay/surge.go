package replay

import (
	"math"
	"math/rand/v2"
	"slices"
)

// shape is the course of an outage's extra reports over time.
type shape struct {
	on, off     float64
	ramp, decay float64
	flap        *Flap
}

// tail is how many decays after its end an outage is drawn.
const tail = 8

func shapeOf(o *Outage) shape {
	return shape{seconds(o.Onset), seconds(o.Resolved), max(o.Ramp.Seconds(), 1), max(o.Decay.Seconds(), 1), o.Flap}
}

func (s shape) end() float64 { return s.off + tail*s.decay }

// at is the rate at t, as a part of the full one.
func (s shape) at(t float64) float64 {
	if t < s.on {
		return 0
	}
	if s.flap != nil && t < s.off {
		period := s.flap.Period.Seconds()
		if math.Mod(t-s.on, period) > s.flap.Duty*period {
			return 0
		}
	}
	v := min(1, (t-s.on)/s.ramp)
	if t > s.off {
		v *= math.Pow(10, -(t-s.off)/s.decay)
	}
	return v
}

// active reports whether the fault itself is there at t.
func (s shape) active(t float64) bool { return s.on <= t && t < s.off && s.at(t) > 0 }

// area is the shape's sum over time, in seconds at full rate: on a grid of ten
// seconds, or, of an outage that is shorter, of a tenth of one.
func (s shape) area() float64 {
	for _, grid := range []float64{10, 0.1} {
		sum := 0.0
		for i := range int((s.end() - s.on) / grid) {
			sum += s.at(s.on+float64(i)*grid) * grid
		}
		if sum > 0 {
			return sum
		}
	}
	return 1 // it is never there
}

// surge is the extra reports and posts of an outage, drawn in steps of five
// seconds from its onset. Within its scope regions and carriers keep their
// relative shares and are independent.
type surge struct {
	o                 *Outage
	shape             shape
	area, t, end      float64
	reports, posts    *rand.Rand
	people            *people
	regions, carriers Shares
	symptoms          Shares
	names             map[string]string // of services, by ID
}

func newSurge(sc *Scenario, o *Outage, reports, posts *rand.Rand, p *people) *surge {
	s := &surge{
		o: o, shape: shapeOf(o), reports: reports, posts: posts, people: p,
		regions: confine(sc.Regions, o.Regions), carriers: confine(sc.Carriers, o.Carriers),
		symptoms: o.Symptoms, names: names(sc),
	}
	if len(s.symptoms) == 0 {
		s.symptoms = Shares{{"not-working", 1}}
	}
	s.area, s.t = s.shape.area(), s.shape.on
	s.end = min(seconds(sc.End), s.shape.end())
	return s
}

func names(sc *Scenario) map[string]string {
	out := make(map[string]string, len(sc.Services))
	for _, s := range sc.Services {
		out[s.ID] = s.Name
	}
	return out
}

// confine scales the named shares to one; no names leave all as they are.
func confine(all Shares, to []string) Shares {
	var in Shares
	sum := 0.0
	for _, s := range all {
		if slices.Contains(to, s.Name) {
			in, sum = append(in, s), sum+s.Part
		}
	}
	if sum == 0 {
		return all
	}
	for i := range in {
		in[i].Part /= sum
	}
	return in
}

func (s *surge) fill(to float64, emit func(float64, Record)) {
	const piece = 5
	for ; s.t < min(to, s.end); s.t += piece {
		part := s.shape.at(s.t+piece/2.0) * piece / s.area
		for range poisson(s.reports, s.o.Reports*part) {
			s.report(s.t+s.reports.Float64()*piece, emit)
		}
		for range poisson(s.posts, s.o.Posts*part) {
			service := pick(s.posts, s.o.Services, s.o.Services[0].Name)
			emit(s.t+s.posts.Float64()*piece, post(s.posts, service, complaints[:], s.names[service]))
		}
	}
}

func (s *surge) report(t float64, emit func(float64, Record)) {
	r := s.reports
	s.people.report(r, t, Record{
		Service: pick(r, s.o.Services, s.o.Services[0].Name),
		Symptom: pick(r, s.symptoms, s.symptoms[0].Name),
		Region:  pick(r, s.regions, other),
		Carrier: pick(r, s.carriers, other),
	}, emit)
}

// reaches reports whether checks from the region see the service fail at t.
// Checks do not run over a carrier's network: a carrier's fault is not theirs.
func (s *surge) reaches(service, region string, t float64) bool {
	return s.shape.active(t) && s.o.Services.Has(service) && !slices.Contains(s.o.Collateral, service) &&
		len(s.o.Carriers) == 0 && (len(s.o.Regions) == 0 || slices.Contains(s.o.Regions, region))
}
