package app

import (
	"slices"

	"github.com/outcry/outcry/internal/page"
)

// takeRemarks has a service's page ask for comments.
func (b *board) takeRemarks(service string, open bool, longest int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.panels[service]; p != nil {
		p.remarks = &page.Remarks{Open: open, Longest: longest}
		p.redraw()
	}
}

// showRemarks puts comments on the pages that take them, and reports whether
// any page has others now.
func (b *board) showRemarks(by map[string][]page.Remark) (changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, p := range b.panels {
		if p.remarks == nil || slices.Equal(p.remarks.Shown, by[id]) {
			continue
		}
		fresh := *p.remarks // a world that was given away has the old one
		fresh.Shown = by[id]
		p.remarks, changed = &fresh, true
		p.redraw()
	}
	return changed
}
