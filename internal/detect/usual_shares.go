package detect

// UsualShares is what part of a service's ordinary reports comes from where.
type UsualShares struct {
	Regions, Carriers, Symptoms map[string]float64 // parts of one; empty keys are those who did not say
}

// sharesFrom is the number of ordinary reports from which their shares mean
// something.
const sharesFrom = 50

// UsualShares gives the learned shares of a service; ok is false while too few
// reports have been seen.
func (j *Judge) UsualShares(id string) (u UsualShares, ok bool) {
	s := j.byID[id]
	if s == nil || s.Shares.All < sharesFrom {
		return u, false
	}
	part := func(in counts[string]) map[string]float64 {
		out := make(map[string]float64, len(in))
		for k, n := range in {
			out[k] = *n / s.Shares.All
		}
		return out
	}
	return UsualShares{part(s.Shares.Dims[dimRegion]), part(s.Shares.Dims[dimCarrier]), part(s.Shares.Symptoms)}, true
}
