package page

import "time"

// ServiceAPI is a service in the JSON of /api/v1/services.
type ServiceAPI struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Group       string       `json:"group,omitempty"`
	Description string       `json:"description,omitempty"`
	Advice      string       `json:"advice,omitempty"`
	Status      Status       `json:"status"`
	Sentence    string       `json:"sentence"`
	Because     []string     `json:"because"`
	Stale       bool         `json:"stale"` // the judge has been silent for too long
	Since       *time.Time   `json:"since"` // first evidence about it
	LastHour    LastHourAPI  `json:"last_hour"`
	Symptoms    []SymptomAPI `json:"symptoms"`
	DependsOn   []string     `json:"depends_on"`
	Incidents   []string     `json:"incidents"` // IDs of the open ones
}

// LastHourAPI compares the last hour's reports with what is usual.
type LastHourAPI struct {
	Reports uint64   `json:"reports"`
	Usual   *float64 `json:"usual"` // null when the baseline is not known
}

// SymptomAPI is one way to fail.
type SymptomAPI struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// serviceViews gives /api/v1/services and one document for each service.
func (b *builder) serviceViews() []View {
	all := make([]ServiceAPI, 0, len(b.standings))
	out := make([]View, 1, len(b.standings)+1)
	for _, s := range b.standings {
		a := b.serviceAPI(s)
		all = append(all, a)
		out = append(out, View{Path: "/api/v1/services/" + s.ID, mediaType: typeJSON, data: a})
	}
	out[0] = View{Path: "/api/v1/services", mediaType: typeJSON, data: map[string][]ServiceAPI{"services": all}}
	return out
}

func (b *builder) serviceAPI(s *standing) ServiceAPI {
	h := b.answer(s)
	a := ServiceAPI{
		ID: s.ID, Name: s.name, Group: clean(s.Group, maxName), Description: clean(s.Description, maxLine), Advice: clean(s.Advice, maxLine),
		Status: s.status, Sentence: h.Sentence, Because: append([]string{}, h.More...), Stale: b.stale,
		Symptoms: []SymptomAPI{}, DependsOn: append([]string{}, s.DependsOn...), Incidents: []string{},
	}
	if !s.Since.IsZero() {
		a.Since = new(s.Since.UTC())
	}
	reports, usual := sumBins(s.lastHour())
	if a.LastHour.Reports = reports; usual >= 0 {
		a.LastHour.Usual = &usual
	}
	for _, c := range choices(s.Service) {
		a.Symptoms = append(a.Symptoms, SymptomAPI(c))
	}
	for _, in := range s.incidents {
		if in.Open() {
			a.Incidents = append(a.Incidents, in.ID)
		}
	}
	return a
}

// lastHour is the end of the series.
func (s *Service) lastHour() []Bin {
	return s.Series[max(0, len(s.Series)-int(time.Hour/BinLength)):]
}
