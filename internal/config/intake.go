package config

// Intake says who may report how much, and how addresses become scope.
type Intake struct {
	Limit          Limit    `yaml:"limit"`
	TrustedProxies []string `yaml:"trusted_proxies"` // CIDR blocks whose X-Forwarded-For is believed
	Exempt         []string `yaml:"exempt"`          // CIDR blocks that the limit does not touch
	MMDB           MMDB     `yaml:"mmdb"`
	MaxBatch       Size     `yaml:"max_batch"`   // of an NDJSON body
	MaxReport      Size     `yaml:"max_report"`  // of a single report's body
	MaxComment     int      `yaml:"max_comment"` // characters; longer ones are cut
	Tokens         []Token  `yaml:"tokens"`
}

// Limit is a token bucket per network prefix of the client.
type Limit struct {
	Rate  Rate `yaml:"rate"`  // sustained; 0: no limit
	Burst int  `yaml:"burst"` // at once
	IPv4  int  `yaml:"ipv4"`  // prefix length, bits
	IPv6  int  `yaml:"ipv6"`
	// Networks bounds the prefixes remembered at a time.
	Networks int `yaml:"networks"`
}

// MMDB names MaxMind-format files that map addresses to places and carriers.
type MMDB struct {
	City string `yaml:"city"` // a city or country database
	ASN  string `yaml:"asn"`
}

// Token is a caller that is known.
type Token struct {
	Name  string `yaml:"name,required"`
	Token Secret `yaml:"token,required"`
	Roles []Role `yaml:"roles,required"`
}

// Role is what a token allows.
type Role string

// The roles.
const (
	RoleReport Role = "report" // send reports for others: may set reporter and at, no limit
	RoleAlert  Role = "alert"  // send alerts
	RoleProbe  Role = "probe"  // be a remote vantage
	RoleRead   Role = "read"   // see private services
	RoleAdmin  Role = "admin"  // everything that `outcry incident` does
)

// UnmarshalText accepts only the roles above.
func (r *Role) UnmarshalText(b []byte) error {
	return oneOf(r, b, RoleReport, RoleAlert, RoleProbe, RoleRead, RoleAdmin)
}
