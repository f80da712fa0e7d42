package outcry

// Service is something that people use and that can fail.
type Service struct {
	ID          string // stable, in URLs: lower-case letters, digits and dashes
	Name        string // as people call it
	Group       string // heading on the page; may be empty
	Description string
	Advice      string // what people can do meanwhile: "SMS works"
	Symptoms    []Symptom
	DependsOn   []string // IDs of services without which this one fails
	Timezone    string   // IANA name; the rhythm of its users' week
	Aliases     []string // further names that people write in posts
	Private     bool     // never shown to the public
}

// Symptom is one way in which a service fails, from its own short list.
type Symptom struct {
	ID   string // "not-delivered"
	Name string // "Messages not delivered"
}

// Common symptoms that every service has, whatever its own list says.
const (
	SymptomOther = "other" // stands for any that the configuration does not name
)

// Scope says where a signal comes from. An empty field is not known.
type Scope struct {
	Region   string `json:"region,omitempty"`   // ISO 3166-1 country or 3166-2 subdivision: "GB", "US-TX"
	Carrier  string `json:"carrier,omitempty"`  // network operator
	Platform string `json:"platform,omitempty"` // "ios", "web"
	Version  string `json:"version,omitempty"`
	Segment  string `json:"segment,omitempty"` // plan or tenant, for those who know their users
}

// ScopeOther stands for a value that exceeded the configured cardinality.
const ScopeOther = "other"
