package detect

import (
	"testing"

	"github.com/outcry/outcry"
)

// An admission stands until the page that made it takes it back.
func TestBulletinsAreHeldBySource(t *testing.T) {
	say := func(source string, bad, unknown uint32) *outcry.Tally {
		n := outcry.Counts{Total: 1, Bad: bad, Unknown: unknown}
		return &outcry.Tally{Kind: outcry.KindBulletin, Counts: n, Cells: []outcry.Cell{{CellKey: outcry.CellKey{Vantage: source}, Counts: n}}}
	}
	var f fixed
	for _, step := range []struct {
		says string
		y    *outcry.Tally
		want float64
	}{
		{"all is well", say("a", 0, 0), 0},
		{"a admits it", say("a", 1, 0), bulletinNats},
		{"and says so again", say("a", 1, 0), bulletinNats},
		{"b says again that all is well with it", say("b", 0, 0), bulletinNats},
		{"b admits it too: one statement more is none", say("b", 1, 0), bulletinNats},
		{"a turns to nonsense", say("a", 0, 1), bulletinNats},
		{"a is over", say("a", 0, 0), bulletinNats},
		{"b is over", say("b", 0, 0), 0},
	} {
		f.take(step.y)
		if f.value() != step.want || f.Sum != step.want {
			t.Errorf("%s: %v nats, sum %v; want %v", step.says, f.value(), f.Sum, step.want)
		}
	}
}
