package gatus

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/outcry/outcry/internal/importer"
)

// condition is LEFT OP RIGHT, with the placeholder on the left.
type condition struct{ text, left, op, right string }

var operators = regexp.MustCompile(`^(.*?) (==|!=|<=|>=|<|>) (.*)$`)

func parse(text string) (condition, bool) {
	m := operators.FindStringSubmatch(text)
	if m == nil {
		return condition{text: text}, false
	}
	c := condition{text, strings.TrimSpace(m[1]), m[2], strings.TrimSpace(m[3])}
	if !placeholder(c.left) && placeholder(c.right) {
		c.left, c.right = c.right, c.left
		c.op = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}[c.op]
	}
	return c, true
}

func placeholder(s string) bool {
	return strings.HasPrefix(s, "[") || strings.HasPrefix(s, "len(") || strings.HasPrefix(s, "has(")
}

// days is for how long the certificate must be valid, in whole days; 0 when no
// condition says.
func (t *target) days() int {
	most := 0
	for _, text := range t.e.Texts("conditions") {
		if c, ok := parse(text); ok && c.left == "[CERTIFICATE_EXPIRATION]" && strings.HasPrefix(c.op, ">") {
			most = max(most, int(math.Ceil(duration(c.right).Hours()/24)))
		}
	}
	return most
}

// expected gathers what conditions say of one answer.
type expected struct {
	status   *statuses
	contains []string
	absent   []string
	matches  []string
	json     []importer.Map
	answers  []string
}

// expect turns conditions into what the check expects.
func (t *target) expect(conditions []string) {
	var x expected
	for _, text := range conditions {
		c, ok := parse(text)
		if !ok {
			t.check.Lose("condition "+text, "it cannot be read")
			continue
		}
		if why := t.one(&x, c); why != "" {
			t.check.Lose("condition "+text, "%s", why)
		}
	}
	k := &t.check.Keys
	switch {
	case t.sort == "http" && x.status == nil:
		k.Set("status", []string{"100-599"}) // Gatus takes any, unless told
	case t.sort == "http":
		if k.Set("status", x.status.ranges()); len(x.status.ranges()) == 0 {
			t.check.Lose("conditions on [STATUS]", "no status fulfils them all")
		}
	}
	k.Set("contains", x.contains)
	k.Set("absent", x.absent)
	if t.sort == "dns" && len(x.matches) > 0 {
		k.Set("matches", x.matches[0])
		for _, m := range x.matches[1:] {
			t.check.Lose("condition for "+m, "a check of DNS matches one pattern")
		}
	} else {
		k.Set("matches", x.matches)
	}
	k.Set("answers", x.answers)
	k.Set("json", x.json)
}

// one takes a condition over, or says why not.
func (t *target) one(x *expected, c condition) string {
	switch {
	case c.left == "[CONNECTED]":
		if c.op == "==" && c.right == "true" {
			return "" // every check wants that
		}
		return "a check that wants to fail is not known here"
	case c.left == "[CERTIFICATE_EXPIRATION]" && t.secure && strings.HasPrefix(c.op, ">") && duration(c.right) > 0:
		return "" // see tls
	case c.left == "[DOMAIN_EXPIRATION]":
		return t.domain(c)
	case c.left == "[RESPONSE_TIME]":
		return t.latency(c)
	case c.left == "[STATUS]" && t.sort == "http":
		if x.status == nil {
			x.status = allStatuses()
		}
		return x.status.restrict(c)
	case c.left == "[DNS_RCODE]" && t.sort == "dns" && c.op == "==":
		t.check.Keys.Set("rcode", c.right)
		return ""
	case c.left == "[BODY]" && t.sort == "dns" && c.op == "==":
		return x.record(c.right)
	case t.sort == "http" && (strings.HasPrefix(c.left, "[BODY]") || strings.HasPrefix(c.left, "has([BODY]")):
		return x.body(c)
	case (t.sort == "ws" || t.sort == "wss") && c.left == "[BODY]" && c.op == "==":
		t.check.Keys.Set("expect", pattern(c.right))
		return ""
	}
	return "checks of this type expect nothing of the kind"
}

func (t *target) latency(c condition) string {
	ms, err := strconv.Atoi(strings.TrimSuffix(c.right, "ms"))
	if err != nil || !strings.HasPrefix(c.op, "<") || ms <= 0 || ms > 1e7 {
		return "a bound of the response time looks like [RESPONSE_TIME] < 500"
	}
	if t.sort != "http" && t.sort != "icmp" {
		return "checks of this type have no bound but the timeout: set it"
	}
	t.check.Keys.Set("max_latency", fmt.Sprintf("%dms", ms))
	return ""
}

// domain adds a check of the registration, which is a type of its own.
func (t *target) domain(c condition) string {
	left := duration(c.right)
	name, err := publicsuffix.EffectiveTLDPlusOne(t.host)
	if err != nil || left < time.Hour || !strings.HasPrefix(c.op, ">") {
		return "it is no domain whose registration can expire, or no time is given"
	}
	service := &importer.Item{Name: t.check.Keys.Text("service")}
	d := t.draft.Check(t.check.Name+"-domain", service)
	d.Keys.Set("type", "domain")
	d.Keys.Set("domain", name)
	d.Keys.Set("days_left", int(math.Ceil(left.Hours()/24)))
	d.Keys.Set("interval", "12h")
	return ""
}

// record expects one of a name's records.
func (x *expected) record(right string) string {
	if strings.HasPrefix(right, "pat(") || strings.HasPrefix(right, "any(") {
		x.matches = append(x.matches, pattern(right))
		return ""
	}
	x.answers = append(x.answers, right)
	return ""
}

// body expects something of an answer's text or document.
func (x *expected) body(c condition) string {
	inner, has := strings.CutPrefix(c.left, "has(")
	if has {
		inner = strings.TrimSuffix(inner, ")")
	}
	path := strings.TrimPrefix(strings.TrimPrefix(inner, "[BODY]"), ".")
	m := importer.Map{{Key: "path", Value: path}}
	switch {
	case has && c.op == "==" && (c.right == "true" || c.right == "false"):
		m.Set("op", map[string]string{"true": "exists", "false": "absent"}[c.right])
	case has:
		return "has() is true or false"
	case path == "" && (c.op == "==" || c.op == "!="):
		return x.whole(c)
	case path == "":
		return "of the body as a whole only == is known, and != pat(*TEXT*)"
	case c.op == "==" && (strings.HasPrefix(c.right, "pat(") || strings.HasPrefix(c.right, "any(")):
		m.Set("op", "~")
		m = append(m, importer.Pair{Key: "value", Value: pattern(c.right)})
	case strings.HasPrefix(c.right, "pat("), strings.HasPrefix(c.right, "any("), placeholder(c.right):
		return "this comparison is not known"
	default:
		m.Set("op", c.op)
		m = append(m, importer.Pair{Key: "value", Value: c.right})
	}
	x.json = append(x.json, m)
	return ""
}

// whole expects something of the body as one text.
func (x *expected) whole(c condition) string {
	inner, ok := strings.CutPrefix(c.right, "pat(*")
	word, closed := strings.CutSuffix(inner, "*)")
	plain := ok && closed && word != "" && !strings.ContainsAny(word, "*?[\\")
	switch {
	case plain && c.op == "==":
		x.contains = append(x.contains, word)
	case plain:
		x.absent = append(x.absent, word)
	case c.op == "==":
		x.matches = append(x.matches, pattern(c.right))
	default:
		return "of the body as a whole only == is known, and != pat(*TEXT*)"
	}
	return ""
}

// pattern is a regular expression of a value, which may be pat(a*b) or
// any(a, b).
func pattern(s string) string {
	if inner, ok := strings.CutPrefix(s, "any("); ok {
		var parts []string
		for _, p := range strings.Split(strings.TrimSuffix(inner, ")"), ",") {
			parts = append(parts, regexp.QuoteMeta(strings.TrimSpace(p)))
		}
		return "^(?:" + strings.Join(parts, "|") + ")$"
	}
	inner, ok := strings.CutPrefix(s, "pat(")
	if !ok {
		return "(?s)^" + regexp.QuoteMeta(s) + "$"
	}
	q := regexp.QuoteMeta(strings.TrimSuffix(inner, ")"))
	q = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(q)
	return "(?s)^" + q + "$"
}
