package importer

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/outcry/outcry/internal/config"
)

// Note is a comment of the configuration.
type Note struct {
	What string // of the foreign file
	Why  string // it was not carried over, or what is to be done
	Todo bool   // it was carried over, and needs something to be done
}

// Pair is a key with its value: text, bool, int, []string, Map or []Map.
type Pair struct {
	Key   string
	Value any
}

// Map is a mapping in the order in which it is written.
type Map []Pair

// Set adds a key unless its value is empty.
func (m *Map) Set(key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case Map:
		if len(v) == 0 {
			return
		}
	case []Map:
		if len(v) == 0 {
			return
		}
	}
	*m = append(*m, Pair{key, value})
}

// Text is the text under a key; empty when there is none.
func (m Map) Text(key string) string {
	for _, p := range m {
		if s, ok := p.Value.(string); ok && p.Key == key {
			return s
		}
	}
	return ""
}

// Item is an entry of a section with its comments.
type Item struct {
	Name  string
	Keys  Map
	Notes []Note
}

// Lose notes what was not carried over.
func (i *Item) Lose(what, why string, args ...any) {
	i.Notes = append(i.Notes, Note{What: what, Why: fmt.Sprintf(why, args...)})
}

// Secret gives the place of a secret that is not carried over, and notes what
// belongs there.
func (i *Item) Secret(what, holds string) Map {
	name := "OUTCRY_" + strings.ToUpper(strings.ReplaceAll(slug(i.Name), "-", "_")) + "_" + strings.ToUpper(strings.ReplaceAll(slug(what), "-", "_"))
	i.Notes = append(i.Notes, Note{What: what, Why: fmt.Sprintf("a secret, not repeated here: set the environment variable %s to %s", name, holds), Todo: true})
	return Map{{"env", name}}
}

// File notes a file that the check needs: it may be on another machine, and a
// configuration that names one which is not there is refused.
func (i *Item) File(key, path string) {
	if path != "" {
		i.Notes = append(i.Notes, Note{What: path, Why: "set " + key + " to it, where this server can read it", Todo: true})
	}
}

// Clock sets interval and timeout within what a check may have, and notes what
// had to give. Zero leaves a default.
func (i *Item) Clock(interval, timeout time.Duration) {
	const shortest, longest = time.Second, 24 * time.Hour
	if interval != 0 {
		if c := min(max(interval, shortest), longest); c != interval {
			i.Lose("interval "+interval.String(), "a check runs at least every %s and at most every %s", config.FormatDuration(longest), config.FormatDuration(shortest))
			interval = c
		}
		i.Keys.Set("interval", Span(interval))
	} else {
		interval = 30 * time.Second
	}
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	if timeout > interval {
		i.Lose("timeout "+timeout.String(), "an attempt takes at most the interval")
		timeout = interval
	}
	i.Keys.Set("timeout", Span(max(timeout, time.Millisecond)))
}

// Span is a duration in whole milliseconds, as a configuration has it.
func Span(d time.Duration) string { return config.FormatDuration(d.Round(time.Millisecond)) }

// Draft is a configuration in the making.
type Draft struct {
	From        string // the other program
	Notes       []Note
	Page        Item // left out when it has no keys
	Services    []*Item
	Checks      []*Item
	Maintenance []*Item
	names       map[string]bool
	display     map[string]bool
}

// Display notes keys that were left out because they only say how the other
// program shows something. They are told once for the whole file.
func (d *Draft) Display(keys []string) {
	if d.display == nil {
		d.display = map[string]bool{}
	}
	for _, k := range keys {
		d.display[k] = true
	}
}

// Lose notes what of the whole file was not carried over.
func (d *Draft) Lose(what, why string, args ...any) {
	d.Notes = append(d.Notes, Note{What: what, Why: fmt.Sprintf(why, args...)})
}

// Service adds one under an ID made of its name, and its group's where the name
// alone is taken.
func (d *Draft) Service(name, group string) *Item {
	id := d.unique("service ", slug(name), slug(group+"-"+name))
	s := &Item{Name: id}
	s.Keys.Set("id", id)
	s.Keys.Set("name", plain(name, 200))
	s.Keys.Set("group", plain(group, 200))
	d.Services = append(d.Services, s)
	return s
}

// Check adds one of a service.
func (d *Draft) Check(name string, service *Item) *Item {
	c := &Item{Name: d.unique("check ", slug(name), service.Name)}
	c.Keys.Set("name", c.Name)
	c.Keys.Set("service", service.Name)
	d.Checks = append(d.Checks, c)
	return c
}

// Drop takes back a check that cannot be. Its comments go to the head of the
// file.
func (d *Draft) Drop(c *Item) {
	d.Checks = slices.DeleteFunc(d.Checks, func(x *Item) bool { return x == c })
	d.Maintenance = slices.DeleteFunc(d.Maintenance, func(x *Item) bool { return x == c })
	for _, n := range c.Notes {
		if !n.Todo {
			d.Notes = append(d.Notes, Note{What: c.Name + ": " + n.What, Why: n.Why})
		}
	}
}

// unique takes the first name that is free, or numbers the last.
func (d *Draft) unique(kind string, names ...string) string {
	if d.names == nil {
		d.names = map[string]bool{}
	}
	last := names[len(names)-1]
	for n := 2; ; n++ {
		for _, name := range names {
			if !d.names[kind+name] {
				d.names[kind+name] = true
				return name
			}
		}
		end := "-" + strconv.Itoa(n)
		names = []string{last[:min(len(last), 63-len(end))] + end}
	}
}

// slug makes an identifier of any name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-") && b.Len() > 0:
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if id := strings.Trim(b.String(), "-"); id != "" {
		return id
	}
	return "unnamed"
}

// plain makes text of strangers fit for one line.
func plain(s string, most int) string {
	clean := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)), " ")
	if runes := []rune(clean); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return clean
}

// allowed lists the hosts of checks that are, or sound like, those of a private
// network: the dial guard must be told of them.
func (d *Draft) allowed() []string {
	var out []string
	for _, c := range d.Checks {
		u, err := url.Parse(c.Keys.Text("url"))
		if err != nil || u.Hostname() == "" || !near(u.Hostname()) || slices.Contains(out, u.Hostname()) {
			continue
		}
		out = append(out, u.Hostname())
	}
	return out
}

func near(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Zone() == "" && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast())
	}
	for _, end := range []string{".local", ".internal", ".lan", ".home", ".intranet", ".svc", ".localhost"} {
		if strings.HasSuffix(host, end) {
			return hostName(host)
		}
	}
	return !strings.Contains(host, ".") && hostName(host)
}

// hostName reports whether outbound.allow takes the name.
func hostName(s string) bool {
	for _, l := range strings.Split(s, ".") {
		if l == "" || l != slug(l) || len(l) > 60 {
			return false
		}
	}
	_, err := strconv.Atoi(s[strings.LastIndex(s, ".")+1:])
	return err != nil && len(s) <= 253
}

// Confidential reports whether a header of this name tends to hold a secret.
func Confidential(header string) bool {
	low := strings.ToLower(header)
	return slices.ContainsFunc([]string{"auth", "token", "key", "secret", "cookie", "password", "signature"}, func(w string) bool { return strings.Contains(low, w) })
}
