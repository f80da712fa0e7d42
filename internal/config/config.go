package config

import (
	"path/filepath"
	"time"
)

// Config is a whole configuration, complete and consistent.
type Config struct {
	Listen       string `yaml:"listen"`        // address of the public listener: ":8080"
	AdminListen  string `yaml:"admin_listen"`  // address of /readyz, /metrics and profiles; "off" for none
	MaxListeners int    `yaml:"max_listeners"` // open pages that are told of changes; further ones poll
	Data         string `yaml:"data"`          // folder of the embedded stream and database

	Store     Store     `yaml:"store"`
	Bus       Bus       `yaml:"bus"`
	Retention Retention `yaml:"retention"`
	Log       Log       `yaml:"log"`

	Pages       []Page        `yaml:"pages"`
	Mirror      Mirror        `yaml:"mirror"`
	Services    []Service     `yaml:"services"`    // needed but by a remote vantage
	Publication Publication   `yaml:"publication"` // what services that say nothing of their own do
	Maintenance []Maintenance `yaml:"maintenance"` // planned work
	Scopes      Scopes        `yaml:"scopes"`
	Comments    Comments      `yaml:"comments"`

	Intake    Intake    `yaml:"intake"`
	Counting  Counting  `yaml:"counting"`
	Detection Detection `yaml:"detection"`

	Vantage  Vantage  `yaml:"vantage"`
	Outbound Outbound `yaml:"outbound"`
	Checks   []Check  `yaml:"checks"`
	Sources  []Source `yaml:"sources"`
	Alerts   Alerts   `yaml:"alerts"`
	Notify   Notify   `yaml:"notify"`
}

// AdminOff is the value of Config.AdminListen that opens no admin listener.
const AdminOff = "off"

// Store says where tallies and incidents are kept.
type Store struct {
	// DSN is "sqlite:PATH" or "postgres://…"; not set: a SQLite file in the
	// data folder. With a password in it, it must come from a file or the
	// environment.
	DSN Secret `yaml:"dsn,plain"`
}

// StoreDSN is the address of the store, with the default filled in.
func (c *Config) StoreDSN() (string, error) {
	if !c.Store.DSN.IsSet() {
		return "sqlite:" + filepath.Join(c.Data, "outcry.db"), nil
	}
	return c.Store.DSN.Value()
}

// Bus says which stream carries the signals.
type Bus struct {
	URLs        []string      `yaml:"urls"`        // of a NATS cluster; none: embedded in the process
	Credentials string        `yaml:"credentials"` // path of a NATS .creds file
	TLS         TLS           `yaml:"tls"`
	Partitions  int           `yaml:"partitions"`
	Replicas    int           `yaml:"replicas"` // 0: one when embedded, three in a cluster
	MaxAge      time.Duration `yaml:"max_age"`  // signals older than this leave the stream
	MaxBytes    Size          `yaml:"max_bytes"`
	Duplicates  time.Duration `yaml:"duplicates"` // window in which a repeated publish is dropped
}

// TLS names the files of a client's TLS settings; all may be empty.
type TLS struct {
	CA   string `yaml:"ca"`
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
}

// Retention says how long what is kept; 0 is for ever.
type Retention struct {
	Ticks     time.Duration `yaml:"ticks"`     // tallies of 10 seconds
	Minutes   time.Duration `yaml:"minutes"`   // their roll-ups of 5 minutes
	Hours     time.Duration `yaml:"hours"`     // their roll-ups of an hour
	Incidents time.Duration `yaml:"incidents"` // closed incidents with their timelines
}

// Log says what is logged and in which form, always to standard error.
type Log struct {
	Level  Level  `yaml:"level"`
	Format Format `yaml:"format"`
}

// Page is a public document of services.
type Page struct {
	ID       string   `yaml:"id,required"`
	Title    string   `yaml:"title"`
	URL      string   `yaml:"url"`      // where the public reaches it, for links in notices and feeds
	Timezone string   `yaml:"timezone"` // the operator's, IANA name
	Services []string `yaml:"services"` // IDs in order; empty: all that are not private

	Language string        `yaml:"language"`  // of those who ask for none that there is; empty: English
	Accent   string        `yaml:"accent"`    // colour of the brand, #rrggbb
	NextWord time.Duration `yaml:"next_word"` // promised to come so long after an update; 0: no promise
	Logo     Logo          `yaml:"logo"`      // in place of the house's mark
	Comments CommentMode   `yaml:"comments"`  // of services that say nothing of their own; default: that of Config.Comments
	// Password opens the page, on the host of its URL; not set: it is public.
	Password Secret `yaml:"password"`
}

// Logo is a page's mark: files of SVG or PNG.
type Logo struct {
	Light string `yaml:"light"`
	Dark  string `yaml:"dark"` // default: Light
	Alt   string `yaml:"alt"`  // what it says, where it says the page's title; empty: the title stands beside it
}

// Mirror says where signed copies of the main page and all that belongs to it
// are written; nothing that has a password is copied.
type Mirror struct {
	Folder string `yaml:"folder"`
	WebDAV WebDAV `yaml:"webdav"`
	S3     Bucket `yaml:"s3"`
	SFTP   SFTP   `yaml:"sftp"`
	Key    string `yaml:"key"` // file of the Ed25519 key that signs; empty: mirror.key in the data folder, made at the first start
}

// WebDAV is a folder on a WebDAV server.
type WebDAV struct {
	URL      string `yaml:"url"`
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
}

// SFTP is a folder on an SSH server.
type SFTP struct {
	Address    string `yaml:"address"` // host:port
	Folder     string `yaml:"folder"`  // empty: where the server puts whoever logs in
	User       string `yaml:"user"`
	Password   Secret `yaml:"password"`
	Key        Secret `yaml:"key"`         // a private key, in place of the password
	KnownHosts string `yaml:"known_hosts"` // file with the server's own key
}

// Bucket is one of an S3-compatible store.
type Bucket struct {
	Endpoint string `yaml:"endpoint"`
	Region   string `yaml:"region"` // empty: us-east-1
	Bucket   string `yaml:"bucket"`
	Prefix   string `yaml:"prefix"` // of every object's key
	Key      string `yaml:"key"`    // ID of the access key
	Secret   Secret `yaml:"secret"`
}

// Scopes bounds the values that a signal's scope may take, so that strangers
// cannot grow the tallies without limit.
type Scopes struct {
	Regions   Values `yaml:"regions"`
	Carriers  Values `yaml:"carriers"`
	Platforms Values `yaml:"platforms"`
	Versions  Values `yaml:"versions"`
	Segments  Values `yaml:"segments"`
}

// Values is the set of values of one dimension of scope. Whatever falls
// outside is counted as "other".
type Values struct {
	Allow []string `yaml:"allow"` // exactly these; empty: any, up to Max
	Max   int      `yaml:"max"`   // distinct values at a time when Allow is empty
}

// Counting says how the abacus tells people apart.
type Counting struct {
	Lateness      time.Duration `yaml:"lateness"`       // older signals amend history, the judge does not see them
	Repeat        time.Duration `yaml:"repeat"`         // one reporter counts once in this time
	NetworkCap    int           `yaml:"network_cap"`    // reporters of one /24 or /48 that count in NetworkWindow
	WideCap       int           `yaml:"wide_cap"`       // the same for one autonomous system or /16 or /32
	NetworkWindow time.Duration `yaml:"network_window"` // see NetworkCap
	Exact         int           `yaml:"exact"`          // distinct reporters counted exactly per cell and tick
	MaxReporters  int           `yaml:"max_reporters"`  // reporters remembered per service
}

// Vantage is where this process's own checks run from. With Core it is a remote
// one: what it checks is said by the core, to which it tells what it sees.
type Vantage struct {
	Name       string   `yaml:"name"`
	Region     string   `yaml:"region"`
	Carrier    string   `yaml:"carrier"`
	References []string `yaml:"references"` // HOST:PORT that answer when we are online; none: never doubted

	Core  string `yaml:"core"`  // address of the core's pages, https://status.example.com, or of its NATS listener, tls://core.example.com:4222
	Token Secret `yaml:"token"` // of the role probe, there
	CA    string `yaml:"ca"`    // file of the authority that the core's certificate is from; empty: the system's
}

// LocalVantage is the name of a vantage that was given none.
const LocalVantage = "local"

// Remote reports whether the configuration is a remote vantage's.
func (v *Vantage) Remote() bool { return v.Core != "" }

// Outbound is what the dial guard lets through besides public addresses.
type Outbound struct {
	Allow []string `yaml:"allow"` // CIDR blocks, addresses, and host names
}
