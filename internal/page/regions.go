package page

import (
	"cmp"
	"slices"

	"github.com/outcry/outcry"
)

// regionView is how one region stands, over all services of a page.
type regionView struct {
	Name   string
	Status Status
	Words  string // "iMessage: 14 × usual"
}

// shownRegions bounds the list of regions.
const shownRegions = 12

// regions gives the state of each region that people report from: what an open
// incident says of the services there, and where the reports stand out most. A
// region that only the reports of an unconfined incident reach counts as
// affected when they stand out there, and else as working.
func (b *builder) regions(members []*standing) []regionView {
	type region struct {
		regionView
		key    string
		people uint32
		ratio  float64
	}
	if b.stale {
		return nil
	}
	by := make(map[string]*region)
	for _, s := range members {
		for _, r := range s.Regions {
			if r.Key == "" || r.Key == outcry.ScopeOther || r.Count == 0 {
				continue
			}
			v := by[r.Key]
			if v == nil {
				v = &region{key: r.Key, regionView: regionView{Name: b.place(r.Key), Status: Operational}}
				by[r.Key] = v
			}
			v.people += r.Count
			if s.incident != nil && b.feltIn(s.incident, r) {
				v.Status = worse(v.Status, s.status)
			}
			if words, level := b.rate(r); r.Usual > 0 && level > 0 && float64(r.Count)/r.Usual > v.ratio {
				v.ratio = float64(r.Count) / r.Usual
				v.Words = b.t("%[1]s: %[2]s", s.name, words)
			}
		}
	}
	all := make([]*region, 0, len(by))
	for _, v := range by {
		all = append(all, v)
	}
	slices.SortFunc(all, func(x, y *region) int {
		return cmp.Or(cmp.Compare(weight(y.Status), weight(x.Status)), cmp.Compare(y.people, x.people), cmp.Compare(x.key, y.key))
	})
	out := make([]regionView, 0, min(len(all), shownRegions))
	for _, v := range all[:min(len(all), shownRegions)] {
		out = append(out, v.regionView)
	}
	return out
}

// feltIn reports whether an incident reaches a region.
func (b *builder) feltIn(in *outcry.Incident, r Share) bool {
	if len(in.Affected.Regions) > 0 {
		return slices.Contains(in.Affected.Regions, r.Key)
	}
	if r.Usual <= 0 {
		return true // it is everywhere, as far as is known
	}
	_, level := b.rate(r)
	return level > 0
}
