package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
)

// Validator decodes the options of one type, and reports what is wrong with
// them. Each package of an integration has one: usually Node.Decode into its
// own struct.
type Validator func(Node) error

// Types are the types that the program was built with, by name. A section
// whose table is nil is not verified: its options are kept unread.
type Types struct {
	Checks   map[string]Validator
	Sources  map[string]Validator
	Pages    []string // types of sources that are pages: they have a url, and map components
	Channels map[string]Validator
}

// Load reads a configuration file. Its error is [Errors].
func Load(path string, types ...Types) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, Errors{{File: path, Message: err.Error()}}
	}
	return Parse(path, data, types...)
}

// readFile reads no more than a configuration can be: the path may be wrong.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("cannot be opened: %w", pathErr.Err) // the caller names the file
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be opened: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return data, nil
}

// Parse reads a configuration. Name stands for the file in errors, which are
// [Errors]: all mistakes, in the order of the file.
func Parse(name string, data []byte, types ...Types) (*Config, error) {
	doc, errs := parseDocument(name, data)
	if doc == nil {
		return nil, errs.orNil()
	}
	w := newWalker(doc)
	w.errs = errs
	var c Config
	if doc.body == nil {
		w.fail(place{name, 1, 1}, `the configuration needs the key "services"`)
		return nil, w.errs.orNil()
	}
	w.value(doc.body, reflect.ValueOf(&c).Elem(), "", false)
	c.complete()
	v := &validator{Config: &c, walker: w}
	v.all()
	for _, t := range types {
		v.types(t)
	}
	if err := w.errs.orNil(); err != nil {
		return nil, err
	}
	return &c, nil
}

// complete fills in the defaults that depend on other values.
func (c *Config) complete() {
	if len(c.Pages) == 0 {
		c.Pages = []Page{{ID: "main"}}
	}
	for i := range c.Pages {
		p := &c.Pages[i]
		p.Title = orElse(p.Title, "Service status")
		p.Timezone = orElse(p.Timezone, "UTC")
	}
	for i := range c.Services {
		c.completeService(&c.Services[i])
	}
	for i := range c.Maintenance {
		c.Maintenance[i].Timezone = orElse(c.Maintenance[i].Timezone, c.Pages[0].Timezone)
	}
	for i := range c.Checks {
		if ch := &c.Checks[i]; ch.Type == "" {
			ch.Type = typeOfURL(ch.Options.Text("url"))
		}
	}
}

func (c *Config) completeService(s *Service) {
	s.Name = orElse(s.Name, s.ID)
	s.Timezone = orElse(s.Timezone, c.timezoneOf(s.ID))
	s.Publication.Mode = orElse(s.Publication.Mode, c.Publication.Mode)
	s.Comments = orElse(orElse(s.Comments, c.commentsOf(s.ID)), c.Comments.Mode)
	if s.Publication.Deadline == 0 {
		s.Publication.Deadline = c.Publication.Deadline
	}
	for i := range s.Symptoms {
		y := &s.Symptoms[i]
		y.Name = orElse(y.Name, Words(y.ID))
	}
}

// timezoneOf is that of the first page which shows the service.
func (c *Config) timezoneOf(service string) string {
	for i := range c.Pages {
		if len(c.Pages[i].Services) == 0 || slices.Contains(c.Pages[i].Services, service) {
			return c.Pages[i].Timezone
		}
	}
	return c.Pages[0].Timezone
}

// commentsOf is what the first page says that shows the service and says anything.
func (c *Config) commentsOf(service string) CommentMode {
	for i := range c.Pages {
		if p := &c.Pages[i]; p.Comments != "" && (len(p.Services) == 0 || slices.Contains(p.Services, service)) {
			return p.Comments
		}
	}
	return ""
}

// Words makes "not-delivered" into "Not delivered".
func Words(id string) string {
	if id == "" {
		return ""
	}
	return strings.ToUpper(id[:1]) + strings.ReplaceAll(id[1:], "-", " ")
}

func orElse[T ~string](v, fallback T) T {
	if v == "" {
		return fallback
	}
	return v
}

// typeOfURL is the type of check that a URL's scheme stands for; empty when it
// stands for none.
func typeOfURL(u string) string {
	scheme, _, _ := strings.Cut(u, ":")
	return checkTypes[strings.ToLower(scheme)]
}

var checkTypes = map[string]string{
	"http": "http", "https": "http", "tcp": "tcp", "tls": "tls", "dns": "dns", "dns+tcp": "dns", "dns+tls": "dns", "icmp": "icmp", "ping": "icmp",
	"grpc": "grpc", "grpcs": "grpc", "ws": "websocket", "wss": "websocket",
	"postgres": "postgres", "mysql": "mysql", "redis": "redis", "rediss": "redis", "ntp": "ntp",
}
