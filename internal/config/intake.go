package config

import "time"

// Intake says who may report how much, and how addresses become scope.
type Intake struct {
	Limit          Limit    `yaml:"limit"`
	TrustedProxies []string `yaml:"trusted_proxies"` // CIDR blocks whose X-Forwarded-For is believed
	Exempt         []string `yaml:"exempt"`          // CIDR blocks that the limit does not touch
	Origins        []string `yaml:"origins"`         // other sites whose pages may send reports: https://www.example.com
	MMDB           MMDB     `yaml:"mmdb"`
	MaxBatch       Size     `yaml:"max_batch"`   // of an NDJSON body
	MaxReport      Size     `yaml:"max_report"`  // of a single report's body
	MaxComment     int      `yaml:"max_comment"` // characters; longer ones are cut
	OTLP           OTLP     `yaml:"otlp"`
	NATS           NATS     `yaml:"nats"`
	Tokens         []Token  `yaml:"tokens"`
}

// OTLP says where metrics are taken by gRPC; by HTTP, the public listener does.
type OTLP struct {
	GRPC string `yaml:"grpc"` // address of a listener of its own: "127.0.0.1:4317"; empty: none
	Cert string `yaml:"cert"` // file of the certificate in PEM; empty: no TLS
	Key  string `yaml:"key"`
}

// NATS says where remote vantages may join beside the public listener.
type NATS struct {
	Listen string `yaml:"listen"` // address of a listener of its own: ":4222"; empty: none
	Cert   string `yaml:"cert"`   // file of the certificate in PEM; empty: no TLS, on an address of a private network
	Key    string `yaml:"key"`
}

// Comments says what becomes of what people write with their reports.
type Comments struct {
	Mode  CommentMode   `yaml:"mode"`  // of services that say nothing of their own
	Keep  time.Duration `yaml:"keep"`  // then they are deleted, in whatever state
	Limit Rate          `yaml:"limit"` // per network, sustained; what is beyond is left out of its report
	Burst int           `yaml:"burst"` // per network, at once
	Most  int           `yaml:"most"`  // of one service in one state; the oldest make room
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
	RoleRead   Role = "read"   // see what operators see, change nothing
	RoleAdmin  Role = "admin"  // everything that `outcry incident` does
)

// UnmarshalText accepts only the roles above.
func (r *Role) UnmarshalText(b []byte) error {
	return oneOf(r, b, RoleReport, RoleAlert, RoleProbe, RoleRead, RoleAdmin)
}
