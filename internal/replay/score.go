package replay

import "slices"

// Failed are the services that have something wrong, sorted.
func (o *Outage) Failed() []string {
	var out []string
	for _, s := range o.Services {
		if !slices.Contains(o.Collateral, s.Name) {
			out = append(out, s.Name)
		}
	}
	slices.Sort(out)
	return out
}
