package house

import (
	"strconv"
	"strings"
	"testing"
)

// ranks is the table of docs/architecture.md: a package may import those of
// lower rank, never its equals. Stages never import stages; app fits them
// together.
var ranks = map[string]int{
	".":                 0, // the vocabulary
	"presets":           0, // files
	"scenarios":         0, // files
	"internal/scan":     0, // arithmetic
	"internal/classify": 0, // arithmetic on texts
	"internal/trend":    0, // arithmetic on counts
	"internal/config":   1,
	"internal/count":    1,
	"internal/posts":    1,
	"internal/detect":   1,
	"internal/incident": 1,
	"internal/page":     1,
	"internal/netguard": 1,
	"internal/h2line":   1, // how a connection of HTTP/2 ended: several checks ask
	"internal/hap":      1, // a wire format: the controller of HomeKit accessories
	"internal/smpp":     1, // a wire format: probes speak it, and so may a channel
	"internal/voice":    1, // the sound of a test call, for the checks of SIP and WebRTC
	"internal/xmpp":     1, // a wire format, for checks and whoever answers them
	"internal/mirror":   2, // files to other places; whoever verifies a copy needs it alone
	"internal/intake":   2,
	"internal/listen":   2,
	"internal/alerts":   2, // beside intake: other systems speak there, not people
	"internal/vantage":  2, // remote probes and the core: both sides of one talk
	"internal/probe":    2,
	"internal/notify":   2,
	"internal/web":      2,
	"internal/bus":      2,
	"internal/store":    2,
	"internal/replay":   2,
	"internal/stream":   2,
	"internal/importer": 2, // other programs' configurations; an integration for each format
	"internal/backtest": 2, // recorded counts through the judge: no stage, and rank 2 because it imports detect
	"internal/app":      4,
	"cmd/outcry":        5,
}

// house itself, helpers of tests, examples and the programs that measure stand outside:
// nothing but tests may import them.
const outside = 9

// rankOf gives a package's rank. Below a stage is an integration, rank 3.
func rankOf(pkg string) (rank int, known bool) {
	if r, ok := ranks[pkg]; ok {
		return r, true
	}
	helper := strings.HasSuffix(pkg, "test") || strings.HasPrefix(pkg, "internal/testutil")
	if helper || pkg == "internal/house" || strings.HasPrefix(pkg, "bench") || strings.HasPrefix(pkg, "examples") {
		return outside, true
	}
	parts := strings.Split(pkg, "/")
	if len(parts) == 3 && parts[0] == "internal" && ranks["internal/"+parts[1]] == 2 {
		return 3, true
	}
	return 0, false
}

func TestLayers(t *testing.T) {
	for _, s := range sources(t) {
		rank, known := rankOf(s.pkg)
		if !known {
			t.Errorf("%s: the package %s has no rank: give it one in %s, and say in docs/architecture.md why", s.path, s.pkg, "internal/house/layers_test.go")
			continue
		}
		if s.test() || rank == outside {
			continue // a test may bring in whatever it tests against
		}
		for _, spec := range s.file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := refused(s.pkg, rank, path); why != "" {
				t.Errorf("%s:%d: imports %s: %s", s.path, s.line(spec), path, why)
			}
		}
	}
}

// refused says why a package may not import a path; empty when it may.
func refused(pkg string, rank int, path string) string {
	own, ours := strings.CutPrefix(path, module)
	if !ours {
		if first, _, _ := strings.Cut(path, "/"); rank == 0 && strings.Contains(first, ".") {
			return "the vocabulary has only the standard library"
		}
		return ""
	}
	own = strings.TrimPrefix(own, "/")
	if own == "" {
		own = "."
	}
	other, _ := rankOf(own)
	switch {
	case other >= rank:
		return "rank " + strconv.Itoa(rank) + " imports lower ranks only, and this one's is " + strconv.Itoa(other)
	case pkg == "cmd/outcry" && own != "internal/app" && own != "internal/config" && other != 0:
		return "the command imports app and config only"
	default:
		return ""
	}
}

// Every package says what it is for: its comment is a short manual.
func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		doc := s.file.Doc.Text()
		if s.file.Name.Name != "main" && doc != "" && !strings.HasPrefix(doc, "Package "+s.file.Name.Name+" ") {
			t.Errorf("%s: the package comment does not begin with \"Package %s\"", s.path, s.file.Name.Name)
		}
		documented[s.pkg] = documented[s.pkg] || len(doc) > 40
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("%s: no package comment, or one of a few words", pkg)
		}
	}
}
