package page_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/page/pagetest"
)

// history is a world under change, as one memory sees it, and the documents
// that a site would hold: those of which the version is new are rendered.
type history struct {
	r      *page.Renderer
	memory *page.Memory
	world  page.World
	bodies map[string][]byte // by path and version
}

// small is a stage without most of what makes a test slow.
func small(s pagetest.Stage) page.World {
	w := pagetest.World(s)
	w.Services = slices.Delete(w.Services, 1, 3) // iMessage, HomeKit and the private one stay
	for i := range w.Services {
		w.Services[i].Series = slices.Clone(w.Services[i].Series[240:])
		w.Services[i].Remarks = &page.Remarks{Longest: 500, Shown: []page.Remark{{At: pagetest.Onset, Symptom: "sign-in", Words: "no"}}}
		w.Services[i].Trend = &page.Trend{Rank: 1, Since: pagetest.Onset, PerMinute: 40, Usual: 2}
	}
	w.Pages = []page.Page{{ID: "all", Title: "All"}, {ID: "one", Title: "One", Services: []string{"homekit"}}}
	w.Sources = []page.Source{{Name: "Apple System Status", Services: []string{"imessage"}}}
	w.Maintenances = []page.Maintenance{{ID: "m", Title: "Work", Services: []string{"homekit"}, From: w.Now.Add(time.Hour), To: w.Now.Add(2 * time.Hour), CreatedAt: w.Now, UpdatedAt: w.Now}}
	for i := range w.Incidents {
		in := &w.Incidents[i]
		in.Bulletins = []outcry.Bulletin{{Source: "Apple System Status", Service: "imessage", At: in.Onset.At.Add(-time.Hour), Outcome: outcry.Good, Status: "Available"}}
	}
	return w
}

// TestMemoryGivesWhatWouldBeMadeAnew: after any changes of anything that a
// world holds, and any passage of time, what is kept is to the byte what is made
// from nothing.
func TestMemoryGivesWhatWouldBeMadeAnew(t *testing.T) {
	r, err := page.New(page.Options{Name: "Apple, watched", URL: "https://status.example.org", Location: pagetest.Location(), NextWord: 30 * time.Minute, PushKey: "BKey"})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := &history{r: r, memory: r.NewMemory(), bodies: make(map[string][]byte)}
		h.world = small(pagetest.Stage(rapid.IntRange(0, int(pagetest.Stale)).Draw(t, "stage")))
		h.compare(t)
		for range rapid.IntRange(1, 3).Draw(t, "steps") {
			for range rapid.IntRange(0, 2).Draw(t, "changes") {
				alter(t, reflect.ValueOf(&h.world).Elem(), "world")
			}
			h.pass(t)
			h.compare(t)
		}
	})
}

// pass lets time pass: seconds, until just before or after something rolls over,
// or the clock is put back.
func (h *history) pass(t *rapid.T) {
	w := &h.world
	local := w.Now.In(pagetest.Location())
	midnight := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, pagetest.Location())
	next := rapid.SampledFrom([]time.Time{
		w.Now, w.Now.Add(time.Second), w.Now.Add(10 * time.Second), w.Now.Truncate(time.Minute).Add(time.Minute), w.Now.Add(61 * time.Minute), midnight.Add(-time.Nanosecond), midnight,
		w.Now.Add(24 * time.Hour), w.Now.AddDate(0, 0, 31), w.Now.AddDate(0, 0, 91), w.Now.AddDate(1, 0, 1), w.Now.Add(-time.Hour),
		pagetest.Onset.Add(62 * time.Minute).Add(time.Hour), pagetest.Onset.Add(80*time.Minute + 24*time.Hour), pagetest.Now(pagetest.Outage).Add(time.Hour),
	}).Draw(t, "now")
	if rapid.Bool().Draw(t, "heard") {
		w.Heard = next.Add(-12 * time.Second)
	}
	w.Now = next.UTC()
}

func (h *history) compare(t *rapid.T) {
	got, failed := h.memory.Views(h.world)
	want, err := h.r.Views(h.world)
	if fmt.Sprint(failed) != fmt.Sprint(err) {
		t.Fatalf("with what is kept: %v, anew: %v", failed, err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d documents with what is kept, %d anew", len(got), len(want))
	}
	for i := range want {
		if got[i].Path != want[i].Path || !slices.Equal(got[i].Aliases, want[i].Aliases) || got[i].Version != want[i].Version {
			t.Fatalf("with what is kept %s %s %s, anew %s %s %s", got[i].Path, got[i].Aliases, got[i].Version, want[i].Path, want[i].Aliases, want[i].Version)
		}
		key := got[i].Path + got[i].Version
		if h.bodies[key] == nil {
			h.bodies[key] = h.render(t, got[i])
		}
		if anew := h.render(t, want[i]); !bytes.Equal(h.bodies[key], anew) {
			t.Fatalf("%s: with what is kept\n%s\nanew\n%s", got[i].Path, h.bodies[key], anew)
		}
	}
}

func (h *history) render(t *rapid.T, v page.View) []byte {
	body, err := h.r.Body(v, pagetest.Onset)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// alter changes one thing in a value.
func alter(t *rapid.T, v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + rapid.SampledFrom([]string{"", "x", " <b>", "y"}).Draw(t, name))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64, reflect.Uint8, reflect.Uint32:
		alterNumber(t, v, name)
	case reflect.Float64:
		v.SetFloat(v.Float() + rapid.SampledFrom([]float64{-100, -1, .1, 7, 1000}).Draw(t, name))
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		alter(t, v.Elem(), name)
	case reflect.Slice:
		alterSlice(t, v, name)
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			step := rapid.SampledFrom([]time.Duration{-36 * time.Hour, -time.Hour, -time.Second, time.Second, time.Minute, time.Hour, 36 * time.Hour}).Draw(t, name)
			v.Set(reflect.ValueOf(at.Add(step)))
			return
		}
		i := rapid.IntRange(0, v.NumField()-1).Draw(t, name)
		alter(t, v.Field(i), v.Type().Field(i).Name)
	default:
		t.Fatalf("%s is a %s: this test cannot change it", name, v.Kind())
	}
}

func alterNumber(t *rapid.T, v reflect.Value, name string) {
	n := rapid.IntRange(0, 5).Draw(t, name)
	if v.CanInt() {
		v.SetInt(int64(n))
		return
	}
	v.SetUint(uint64(n))
}

// alterSlice takes an element away, puts one in twice, or changes one.
func alterSlice(t *rapid.T, v reflect.Value, name string) {
	how := rapid.IntRange(0, 7).Draw(t, name)
	i := rapid.IntRange(0, max(0, v.Len()-1)).Draw(t, name)
	switch {
	case v.Len() == 0:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case how == 0:
		v.Set(reflect.AppendSlice(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v.Slice(0, i)), v.Slice(i+1, v.Len())))
	case how == 1:
		v.Set(reflect.Append(v, v.Index(i)))
	default:
		alter(t, v.Index(i), name)
	}
}

// TestEveryFieldCounts: a fingerprint is another one when any field of anything
// in a world is.
func TestEveryFieldCounts(t *testing.T) {
	of := page.Prints()
	w := small(pagetest.Outage)
	w.Services = w.Services[:1]
	w.Services[0].Series = w.Services[0].Series[:2]
	before, leaves := of(w), 0
	leavesOf(reflect.ValueOf(&w).Elem(), "world", func(v reflect.Value, name string) {
		leaves++
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		switch {
		case v.Kind() == reflect.String:
			v.SetString(v.String() + "x")
		case v.Kind() == reflect.Bool:
			v.SetBool(!v.Bool())
		case v.CanInt():
			v.SetInt(v.Int() + 1)
		case v.CanUint():
			v.SetUint(v.Uint() + 1)
		case v.CanFloat():
			v.SetFloat(v.Float() + 1)
		default:
			at, _ := v.Interface().(time.Time)
			v.Set(reflect.ValueOf(at.Add(time.Nanosecond)))
		}
		if of(w) == before {
			t.Errorf("%s does not count", name)
		}
		v.Set(was)
	})
	if leaves < 300 || of(w) != before {
		t.Errorf("%d fields, and back to what it was: %v", leaves, of(w) == before)
	}
}

// leavesOf visits what a value holds that holds nothing else.
func leavesOf(v reflect.Value, name string, visit func(reflect.Value, string)) {
	switch {
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			leavesOf(v.Elem(), name, visit)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			leavesOf(v.Index(i), fmt.Sprintf("%s[%d]", name, i), visit)
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			leavesOf(v.Field(i), name+"."+v.Type().Field(i).Name, visit)
		}
	default:
		visit(v, name)
	}
}
