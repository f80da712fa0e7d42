package page

// remarksView is what people wrote with their reports.
type remarksView struct {
	Open    bool
	Longest int
	Shown   []remarkView
}

type remarkView struct {
	At    Moment
	What  string // the symptom's name
	Words string
}

// shownRemarks bounds the comments on a page, and maxRemark each of them, in
// characters: the page has to stay what its operator says.
const (
	shownRemarks = 20
	maxRemark    = 500
)

// remarks are the comments of a service, as text: an address in one is no link.
func (b *builder) remarks(s *standing) *remarksView {
	if s.Remarks == nil {
		return nil
	}
	v := &remarksView{Open: s.Remarks.Open, Longest: min(s.Remarks.Longest, maxRemark)}
	for _, r := range s.Remarks.Shown {
		words := clean(r.Words, maxRemark)
		if words == "" || len(v.Shown) == shownRemarks {
			continue
		}
		one := remarkView{At: b.moment(r.At), Words: words}
		if r.Symptom != "" {
			one.What = b.symptomName(s.Service, r.Symptom)
		}
		v.Shown = append(v.Shown, one)
	}
	return v
}
