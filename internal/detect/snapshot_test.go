package detect

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// storm is reports of many cells, checks and alerts of three services, in every
// tick.
func storm(from outcry.Tick, ticks int) [][]outcry.Tally {
	r := rand.New(rand.NewPCG(8, 8))
	regions, carriers, symptoms := []string{"DE", "FR", "GB", "US", ""}, []string{"alpha", "beta", "other", ""}, []string{"slow", "login"}
	out := make([][]outcry.Tally, ticks)
	for i := range out {
		k := from + outcry.Tick(i)
		for _, id := range []string{"shop", "mail", "maps"} {
			y := reports(id, k, 1, outcry.CellKey{Symptom: "slow"})
			for range r.IntN(3) {
				at := outcry.Scope{Region: regions[r.IntN(5)], Carrier: carriers[r.IntN(4)]}
				y.Add(reports(id, k, 1+r.Uint32N(4), outcry.CellKey{Symptom: symptoms[r.IntN(2)], Scope: at}))
			}
			out[i] = append(out[i], y, checks(id, k, map[string]bool{"a": r.IntN(4) == 0}, "a", "b"))
		}
		if i%100 == 99 {
			out[i] = append(out[i], outcry.Tally{Service: "shop", Kind: outcry.KindAlert, Tick: k, Counts: outcry.Counts{Total: 1, Bad: uint32(i / 100 % 2)}})
		}
	}
	return out
}

// rested is the snapshot of a judge with a quiet week behind it.
func rested(t *testing.T) map[string][]byte {
	t.Helper()
	j := newJudge(t, "shop", "mail", "maps")
	quietWeeks(t, j, 1, "shop")
	return kept(t, j)
}

func kept(t *testing.T, j *Judge) map[string][]byte {
	t.Helper()
	blobs, err := j.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return blobs
}

func restored(t *testing.T, blobs map[string][]byte) *Judge {
	t.Helper()
	j := newJudge(t, "shop", "mail", "maps")
	if err := j.Restore(blobs); err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTheSameTalliesGiveTheSameVerdicts(t *testing.T) {
	start := rested(t)
	a, b := restored(t, start), restored(t, start)
	for i, x := range storm(a.Next(), 400) {
		if d := cmp.Diff(step(t, a, a.Next(), x...), step(t, b, b.Next(), x...)); d != "" {
			t.Fatalf("tick %d: %s", i, d)
		}
	}
}

func TestAJudgeRestoredInMidFaultGoesOn(t *testing.T) {
	start := rested(t)
	whole, parts := restored(t, start), restored(t, start)
	failing := false
	for i, x := range storm(whole.Next(), 400) {
		want, got := step(t, whole, whole.Next(), x...), step(t, parts, parts.Next(), x...)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("tick %d: %s", i, d)
		}
		for _, v := range want {
			failing = failing || v.Condition == outcry.CondFailing
		}
		if i%60 != 59 {
			continue
		}
		if parts = restored(t, kept(t, parts)); parts.Next() != whole.Next() {
			t.Fatalf("restored to tick %d, not %d", parts.Next(), whole.Next())
		}
	}
	if !failing {
		t.Error("the storm was no fault: nothing was tested")
	}
}

func TestAStrangeSnapshotIsRefusedAndChangesNothing(t *testing.T) {
	j := restored(t, nil)
	for _, x := range storm(day0(), 50) {
		step(t, j, j.Next(), x...)
	}
	good := kept(t, j)
	fresh := restored(t, nil)
	for _, b := range [][]byte{nil, []byte("nothing of ours"), good["shop"][:len(good["shop"])/2]} {
		if err := fresh.Restore(map[string][]byte{"mail": good["mail"], "shop": b}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("got %v", err)
		}
	}
	if fresh.Next() != day0() || fresh.byID["mail"].Reports.N != 0 {
		t.Error("part of a refused snapshot was taken")
	}
	if err := fresh.Restore(map[string][]byte{"gone": []byte("of a service that is no more")}); err != nil {
		t.Errorf("a service that is no more: %v", err)
	}
}
