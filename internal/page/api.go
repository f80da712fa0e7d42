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
	Trend       *TrendAPI    `json:"trend"` // null: people do not post about it more than usual
	Symptoms    []SymptomAPI `json:"symptoms"`
	DependsOn   []string     `json:"depends_on"`
	Incidents   []string     `json:"incidents"` // IDs of the open ones
}

// LastHourAPI compares the last hour's reports with what is usual.
type LastHourAPI struct {
	Reports uint64   `json:"reports"`
	Usual   *float64 `json:"usual"` // null when the baseline is not known
}

// TrendAPI is that people suddenly post about a service.
type TrendAPI struct {
	Rank      int       `json:"rank"` // among all that they post about, from 1
	Since     time.Time `json:"since"`
	PerMinute float64   `json:"per_minute"`
	Usual     float64   `json:"usual"`
}

// SymptomAPI is one way to fail.
type SymptomAPI struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// serviceViews gives /api/v1/services and one document for each service.
func (b *builder) serviceViews() []View {
	out := make([]View, 1+len(b.standings))
	Spread(len(b.standings), func(i int) {
		s := b.standings[i]
		out[1+i] = b.view("api", s.ID, s.prints.all, func(b *builder) View {
			return View{Path: "/api/v1/services/" + s.ID, mediaType: typeJSON, data: b.serviceAPI(s)}
		})
	})
	var versions []string
	for i := range out[1:] {
		versions = append(versions, out[1+i].Version)
	}
	out[0] = b.view("apis", "", b.of(versions), func(*builder) View {
		return View{Path: "/api/v1/services", mediaType: typeJSON, data: together("services", out[1:])}
	})
	return out
}

// together makes one document of those that have been written.
func together(name string, views []View) rawJSON {
	all := []byte(`{"` + name + `":[`)
	for i := range views {
		if i > 0 {
			all = append(all, ',')
		}
		one, _ := views[i].data.(rawJSON) // of one that has failed nothing is served
		all = append(all, one...)
	}
	return append(all, "]}"...)
}

func (b *builder) serviceAPI(s *standing) ServiceAPI {
	h := b.answer(s)
	a := ServiceAPI{
		ID: s.ID, Name: s.name, Group: clean(s.Group, maxName), Description: clean(s.Description, maxLine), Advice: clean(s.Advice, maxLine),
		Status: s.status, Sentence: h.Sentence, Because: append([]string{}, h.More...), Stale: b.stale,
		Symptoms: []SymptomAPI{}, DependsOn: append([]string{}, s.DependsOn...), Incidents: []string{},
	}
	if t := s.Trend; t != nil {
		a.Trend = &TrendAPI{Rank: t.Rank, Since: t.Since.UTC(), PerMinute: t.PerMinute, Usual: t.Usual}
	}
	if !s.Since.IsZero() {
		a.Since = new(s.Since.UTC())
	}
	reports, usual := sumBins(s.lastHour())
	if a.LastHour.Reports = reports; usual >= 0 {
		a.LastHour.Usual = &usual
	}
	for _, c := range b.choices(s.Service) {
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
