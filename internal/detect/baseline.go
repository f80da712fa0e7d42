package detect

import (
	"math"
	"slices"
	"time"
)

// Baseline is what is normal for a stream at this hour of this week: a level,
// times the shape of a day (one for working days, one for weekends and
// holidays, in the service's own time zone so that daylight saving moves it),
// times a factor for the day of the week, times what is left over for the hour
// of the week. Every part is a Gamma estimate shrunk towards the part above it,
// so that a young or a small service still has a sensible expectation.
// It learns online from quiet hours only, in constant memory.
type Baseline struct {
	Count    [2][24]float64 // events by kind of day and hour, decayed
	Hours    [2][24]float64 // exposure, in hours of full coverage
	DayCount [7]float64     // events by day of week …
	DayWant  [7]float64     // … and what count × shape expected
	HowCount [168]float64   // likewise by hour of week
	HowWant  [168]float64
	LvlCount float64 // recent level: events of the last days …
	LvlWant  float64 // … and what all the rest expected
	AllCount float64
	AllHours float64
	Prior    Prior
}

// Prior is what is known of a service that nobody has counted yet.
type Prior struct {
	PerHour float64 // mean rate
	Size    float64 // how sure: the shape of the Gamma, in events
}

const (
	dayHours     = 3.0  // a bin's prior, in hours at the mean of the day
	shapeSpread  = 0.35 // relative variance of a typical day's shape, as a guess at this one's
	kindSpread   = 0.1  // likewise, of a weekend's hour, as the working days' tells it
	weekStrength = 60.0 // events that a weekday's own factor must outweigh
	howStrength  = 120.0
	lvlStrength  = 150.0
	decayWeek    = 0.89 // of the shape: half-life six weeks
	decayLevel   = 0.85 // a day, of the level: half-life four days
)

// mean events an hour over the whole week.
func (b *Baseline) mean() float64 {
	return (b.AllCount + b.Prior.Size) / (b.AllHours + b.Prior.Size/b.Prior.PerHour)
}

// priorShape is the day of a typical service with users who sleep: mean 1,
// three to one, highest in the late afternoon.
func priorShape(hour float64) float64 {
	const a = 0.549 // ln(3)/2
	return math.Exp(a*math.Cos(2*math.Pi*(hour-17)/24)) / 1.0768
}

// bin is the smoothed rate of one hour of one kind of day, in events an hour.
func (b *Baseline) bin(kind, hour int) float64 {
	mean := b.mean()
	var count, hours float64
	for i, w := range [3]float64{0.5, 1, 0.5} {
		h := (hour + i + 23) % 24
		count += w * b.Count[kind][h]
		hours += w * b.Hours[kind][h]
	}
	prior := mean * priorShape(float64(hour)+0.5)
	if other := b.Hours[1-kind][hour]; b.Hours[kind][hour] < dayHours && other > 0 {
		// a first weekend looks like the week until it has shown itself
		prior = (b.Count[1-kind][hour] + dayHours*prior) / (other + dayHours)
	}
	return (count + dayHours*prior) / (hours + dayHours)
}

// shape is the rate at a fraction of the hour, between the hours' middles.
func (b *Baseline) shape(kind int, hour float64) float64 {
	x := hour - 0.5
	lo := math.Floor(x)
	f := x - lo
	l, h := int(lo+24)%24, int(lo+25)%24
	return math.Exp((1-f)*math.Log(b.bin(kind, l)) + f*math.Log(b.bin(kind, h)))
}

func (b *Baseline) week(c calendar) float64 {
	day := (b.DayCount[c.day] + weekStrength) / (b.DayWant[c.day] + weekStrength)
	how := (b.HowCount[c.how] + howStrength) / (b.HowWant[c.how] + howStrength)
	return day * how
}

func (b *Baseline) level() float64 { return (b.LvlCount + lvlStrength) / (b.LvlWant + lvlStrength) }

// rate is the expected events an hour at a local time, and the relative
// variance of that estimate when the rate itself wanders with variance v: each
// day that a bin has seen tells it with a variance of 1/count + v.
func (b *Baseline) rate(c calendar, v float64) (perHour, variance float64) {
	r := b.shape(c.kind, c.hour) * b.week(c) * b.level()
	h := int(c.hour) % 24
	known := 1 / shapeSpread
	if days := b.Hours[1-c.kind][h]; days > 0 && b.Hours[c.kind][h] < dayHours { // see bin
		known += 1 / (kindSpread + (days/max(b.Count[1-c.kind][h], 0.5)+v)/(1.5*days))
	}
	if days := b.Hours[c.kind][h]; days > 0 {
		known += 1.5 * days / (days/max(b.Count[c.kind][h], 0.5) + v) // half of each neighbour is smoothed in
	}
	all := 1/(b.AllCount+b.Prior.Size) + v/(1+b.AllHours/2)
	return r, 1/known + all
}

// learn takes a quiet stretch of so many hours at a local time.
func (b *Baseline) learn(c calendar, events, hours float64) {
	h := int(c.hour) % 24
	base := b.shape(c.kind, c.hour) * hours
	day := (b.DayCount[c.day] + weekStrength) / (b.DayWant[c.day] + weekStrength)
	want := base * b.week(c)
	b.DayCount[c.day] += events
	b.DayWant[c.day] += base
	b.HowCount[c.how] += events
	b.HowWant[c.how] += base * day
	b.LvlCount += events
	b.LvlWant += want
	b.Count[c.kind][h] += events
	b.Hours[c.kind][h] += hours
	b.AllCount += events
	b.AllHours += hours
}

// endOfDay lets the level forget, endOfWeek the shape.
func (b *Baseline) endOfDay() { b.LvlCount *= decayLevel; b.LvlWant *= decayLevel }

func (b *Baseline) endOfWeek() {
	for k := range b.Count {
		for h := range b.Count[k] {
			b.Count[k][h] *= decayWeek
			b.Hours[k][h] *= decayWeek
		}
	}
	for d := range b.DayCount {
		b.DayCount[d] *= decayWeek
		b.DayWant[d] *= decayWeek
	}
	for h := range b.HowCount {
		b.HowCount[h] *= decayWeek
		b.HowWant[h] *= decayWeek
	}
	b.AllCount *= decayWeek
	b.AllHours *= decayWeek
}

// calendar is a local instant as the baseline sees it.
type calendar struct {
	kind int     // 0 working day, 1 weekend or holiday
	day  int     // of the week, Sunday 0
	how  int     // hour of the week
	hour float64 // of the day, with its fraction
}

func calendarOf(t time.Time, zone *time.Location, holidays []Holiday) calendar {
	l := t.In(zone)
	c := calendar{day: int(l.Weekday()), hour: float64(l.Hour()) + float64(l.Minute())/60}
	if slices.ContainsFunc(holidays, func(h Holiday) bool { return h.on(l) }) {
		c.day = int(time.Sunday)
	}
	c.how = c.day*24 + l.Hour()
	if c.day == 0 || c.day == 6 {
		c.kind = 1
	}
	return c
}
