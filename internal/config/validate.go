package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// validator finds what is wrong with values that each look right: references,
// ranges, repeats. It goes by paths, as the walker marked them.
type validator struct {
	*Config
	*walker
}

// all verifies every section, in the order of the example file.
func (v *validator) all() {
	v.server()
	v.pages()
	v.mirror()
	v.services()
	v.maintenance()
	v.limits()
	v.detection()
	v.checks()
	v.sources()
	v.alerts()
	v.notify()
}

// bad reports a mistake in the value at a path, or where that is not in the
// file, in what holds it; unless that could not even be read.
func (v *validator) bad(path, format string, args ...any) {
	at, found := place{}, false
	for p := path; ; p = parent(p) {
		if v.broken[p] {
			return
		}
		if here, ok := v.marks[p]; ok && !found {
			at, found = here, true
		}
		if p == "" {
			break
		}
	}
	v.fail(at, "%s: %s", path, fmt.Sprintf(format, args...))
}

// parent is the path of what holds the value at a path.
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

var idPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// id verifies an identifier that goes into URLs, and that it is the first of
// its name.
func (v *validator) id(path, id string, seen map[string]string) {
	if id == "" {
		if _, given := v.marks[path]; given {
			v.bad(path, "must not be empty")
		}
		return // not given: reported as a missing key
	}
	if !idPattern.MatchString(id) {
		v.bad(path, "%q must be lower-case letters, digits and dashes, at most 63: it goes into addresses", id)
	}
	v.unique(path, id, seen)
}

// unique verifies that a name is the first of its kind.
func (v *validator) unique(path, name string, seen map[string]string) {
	if name == "" {
		return
	}
	if first, twice := seen[name]; twice {
		v.bad(path, "%q is there twice, first in line %d", name, v.marks[first].line)
		return
	}
	seen[name] = path
}

// known verifies a reference.
func (v *validator) known(path, what, name string, names []string) {
	if name != "" && !slices.Contains(names, name) {
		v.bad(path, "there is no %s %q%s", what, name, didYouMean(name, names))
	}
}

// allKnown verifies a list of references, and that none is repeated.
func (v *validator) allKnown(path, what string, list, names []string) {
	for i, name := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.known(at, what, name, names)
		if slices.Contains(list[:i], name) {
			v.bad(at, "%q is there twice", name)
		}
	}
}

// between verifies the range of a number.
func (v *validator) between(path string, n, low, high int) {
	if n < low || n > high {
		v.bad(path, "%d is not between %d and %d", n, low, high)
	}
}

// within verifies the range of a duration.
func (v *validator) within(path string, d, low, high time.Duration) {
	if d < low || d > high {
		v.bad(path, "%s is not between %s and %s", FormatDuration(d), FormatDuration(low), FormatDuration(high))
	}
}

// timezone verifies an IANA name. "Local" would make the numbers depend on the
// machine they are computed on.
func (v *validator) timezone(path, name string) {
	if name == "" {
		return
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		v.bad(path, "there is no time zone %q: write an IANA name, such as America/Chicago or UTC", name)
	}
}

func (v *validator) serviceIDs() []string {
	ids := make([]string, len(v.Services))
	for i := range v.Services {
		ids[i] = v.Services[i].ID
	}
	return ids
}
