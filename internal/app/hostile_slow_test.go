//go:build slow

package app

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/outcry/outcry/internal/mirror"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/testutil/hostile"
)

// besieged is a running product into which hostile texts have gone by all of its
// front doors.
type besieged struct {
	*live
	t      *testing.T
	admin  []string
	folder string // of the copy
	last   string // incident
}

const siegePassword = "swordfish and chips"

// hostileServices gives each of some services four hostile texts.
const hostileServices = 8

// quoted is a text as YAML and JSON both read it.
func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// siegeConfig is a configuration whose every free text is hostile.
func siegeConfig(t *testing.T, folder, vendor string) string {
	t.Helper()
	all := hostile.Values()
	text := func(i int) string { // the configuration's reader refuses control characters by itself
		return quoted(t, strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, all[i%len(all)].Text))
	}
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range hostileServices {
		fmt.Fprintf(&b, "  - {id: s%d, name: %s, group: %s, description: %s, advice: %s, comments: open, symptoms: [{id: slow, name: %s}]}\n",
			i, text(4*i), text(4*i+1), text(4*i+2), text(4*i+3), text(4*i+5))
	}
	b.WriteString("  - {id: zugzwang, name: Zugzwang, private: true}\n  - {id: partner, name: Partnership}\n")
	fmt.Fprintf(&b, "pages:\n  - {id: main, title: %s, url: 'https://status.example.org', services: [s0, s1, s2, s3, s4, s5, s6, s7]}\n", text(2))
	fmt.Fprintf(&b, "  - {id: other, title: %s, url: 'https://other.example.org', services: [s1, s2]}\n", text(9))
	fmt.Fprintf(&b, "  - {id: locked, title: %s, url: 'https://locked.example.org', services: [partner, s3], password: {file: %q}}\n", text(0), secretFile(t, siegePassword))
	fmt.Fprintf(&b, "mirror: {folder: %s}\nintake: {trusted_proxies: [127.0.0.0/8], limit: {rate: 1000000/s, burst: 1000000}}\ncomments: {limit: 1000/m, burst: 100}\noutbound: {allow: [127.0.0.0/8]}\n", folder)
	b.WriteString("sources:\n")
	for i := range hostileServices {
		fmt.Fprintf(&b, "  - {name: vendor%d, type: statuspage, url: '%s/%d', interval: 10s, services: {API: s%d}}\n", i, vendor, i, i)
	}
	fmt.Fprintf(&b, "  - {name: forum, type: posts, url: '%s/posts', interval: 10s, about: s0}\n", vendor)
	return b.String()
}

// hostileVendor is a status page, and a forum, of somebody who means ill.
func hostileVendor(t *testing.T) *httptest.Server {
	t.Helper()
	all := hostile.Values()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/posts" {
			type item struct {
				GUID  string `xml:"guid"`
				Title string `xml:"title"`
				Link  string `xml:"link"`
			}
			feed := struct {
				XMLName xml.Name `xml:"rss"`
				Version string   `xml:"version,attr"`
				Items   []item   `xml:"channel>item"`
			}{Version: "2.0"}
			for i, v := range all {
				feed.Items = append(feed.Items, item{fmt.Sprint(i), "down again " + v.Text, v.Text})
			}
			_ = xml.NewEncoder(w).Encode(feed) // the listener judges what it gets
			return
		}
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		words := func(i int) string { return all[(n*4+i)%len(all)].Text }
		_ = json.NewEncoder(w).Encode(map[string]any{
			"page": map[string]any{"id": "x", "name": words(0), "url": words(1)}, "status": map[string]any{"indicator": words(2), "description": words(3)},
			"components": []any{map[string]any{"id": words(0), "name": "API", "status": words(1)}, map[string]any{"id": "c2", "name": words(2), "status": words(3)}},
			"incidents":  []any{map[string]any{"id": words(1), "name": words(2), "status": words(3), "impact": words(0), "shortlink": words(1), "components": []any{map[string]any{"name": "API"}}}},
		})
	}))
	t.Cleanup(s.Close)
	return s
}

// besiege starts the product and attacks it.
func besiege(t *testing.T) *besieged {
	t.Helper()
	data, folder := t.TempDir(), t.TempDir()
	b := &besieged{live: serve(t, siegeConfig(t, folder, hostileVendor(t).URL), data), t: t, folder: folder}
	b.admin = operator(t, data)
	b.report()
	b.command()
	return b
}

// report says every text in every field of a report, as JSON and as a form.
// Most are refused; what is taken must be harmless.
func (b *besieged) report() {
	taken := 0
	for i, v := range hostile.Values() {
		for n, field := range []string{"service", "symptom", "region", "carrier", "platform", "version", "comment", "reporter", v.Text} {
			said := map[string]string{"service": fmt.Sprintf("s%d", i%hostileServices)}
			said[field] = v.Text
			body, err := json.Marshal(said)
			if err != nil {
				b.t.Fatal(err)
			}
			person := from(100*i + n)
			code, _ := b.post(b.t, "/api/v1/reports", "application/json", string(body), "X-Forwarded-For", person)
			form := url.Values{"service": {said["service"]}, field: {v.Text}}
			page, answer := b.post(b.t, "/api/v1/reports", "application/x-www-form-urlencoded", form.Encode(), "Accept", "text/html", "Referer", b.base+"/s/s1", "X-Forwarded-For", from(100*i+n+50))
			if page != http.StatusOK && page != http.StatusSeeOther { // the page that it was sent on to, or the refusal
				b.inspect("the refusal of "+field, "text/html", answer)
			}
			if code == http.StatusAccepted {
				taken++
			}
		}
	}
	if taken < len(hostile.Values()) {
		b.t.Errorf("only %d hostile reports were taken: the test attacks nothing", taken)
	}
}

// command has an operator say every text in every field of theirs.
func (b *besieged) command() {
	say := func(method, path string, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(string(text)))
		if err != nil {
			b.t.Fatal(err)
		}
		req.Header.Set(b.admin[0], b.admin[1])
		req.Header.Set("Content-Type", "application/json")
		if code, answer := b.do(b.t, req); code >= 300 {
			b.t.Fatalf("%s: %d %s", path, code, answer)
		} else if strings.HasSuffix(path, "/incidents") {
			var in struct{ ID string }
			if err := json.Unmarshal([]byte(answer), &in); err != nil {
				b.t.Fatal(err)
			}
			b.last = in.ID
		}
	}
	for i, v := range hostile.Values() {
		service := []string{fmt.Sprintf("s%d", i%hostileServices)}
		say(http.MethodPost, "/api/v1/incidents", map[string]any{"title": v.Text, "services": service, "body": v.Text})
		say(http.MethodPost, "/api/v1/incidents/"+b.last+"/updates", map[string]any{"body": "See " + v.Text + "\n\n" + v.Text, "cause": v.Text, "state": "identified"})
		if i < len(hostile.Values())-hostileServices { // a service has one open incident at a time
			say(http.MethodPost, "/api/v1/incidents/"+b.last+"/resolve", map[string]any{"body": v.Text})
		}
		now := time.Now()
		say(http.MethodPut, fmt.Sprintf("/api/v1/maintenances/m%d", i), map[string]any{"title": v.Text, "body": v.Text, "services": service, "from": now.Add(time.Hour), "to": now.Add(2 * time.Hour)})
	}
	public := b.last
	say(http.MethodPost, "/api/v1/incidents", map[string]any{"title": "Zugzwang of the ledger", "services": []string{"zugzwang"}, "body": "secret"})
	b.last = public
}

func (b *besieged) inspect(what, contentType, body string) {
	b.t.Helper()
	for _, finding := range hostile.Inspect(contentType, []byte(body)) {
		b.t.Errorf("%s: %s", what, finding)
	}
	if strings.Contains(strings.ToLower(body), "zugzwang") {
		b.t.Errorf("%s names a private service", what)
	}
}

// paths are those of every document that there is: what the mirror copies, and
// what the API's description says can be read.
func (b *besieged) paths() []string {
	var list mirror.Manifest
	data, err := os.ReadFile(filepath.Join(b.folder, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, f := range list.Files {
		path := "/" + f.Name
		switch {
		case path == "/index.html":
			path = "/"
		case strings.HasPrefix(f.ContentType, "text/html"), strings.HasPrefix(path, "/api/v1/"):
			path = strings.TrimSuffix(strings.TrimSuffix(path, ".html"), ".json")
		}
		out = append(out, path)
	}
	_, described := b.get(b.t, "/api/v1/openapi.json")
	var doc struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal([]byte(described), &doc); err != nil {
		b.t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		if methods["get"] != nil && path != "/events" {
			out = append(out, strings.NewReplacer("{service}", "s1", "{id}", b.last, "{page}", "main", "{month}", time.Now().UTC().Format("2006-01")).Replace(path))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// read asks for a document of a host, and has it inspected.
func (b *besieged) read(host, path string) (code int, contentType, body string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if req.Host = host; host == "locked.example.org" {
		req.SetBasicAuth("x", siegePassword)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.inspect(host+path, res.Header.Get("Content-Type"), string(data))
	return res.StatusCode, res.Header.Get("Content-Type"), string(data)
}

// settled waits until what was said is on the pages and in the copy.
func (b *besieged) settled() {
	awaits(b.t, 90*time.Second, "reports, a vendor's word and comments are on the pages", func() bool {
		_, body := b.get(b.t, "/s/s5")
		return strings.Contains(body, "What people say") && strings.Contains(body, "last hour") && strings.Contains(body, "says nothing that can be relied on")
	})
	awaits(b.t, 60*time.Second, "the copy has them too", func() bool {
		body, err := os.ReadFile(filepath.Join(b.folder, "s", "s5.html"))
		return err == nil && strings.Contains(string(body), "What people say") && strings.Contains(string(body), "says nothing that can be relied on")
	})
	awaits(b.t, 60*time.Second, "the copy lists them, last", func() bool { return len(b.paths()) > 2*len(hostile.Values()) })
}

// TestSiege feeds hostile texts through every front door of a running product and
// then reads every document of it, on every host, in every language, and in the
// copy: none has become more than text. In a browser that is told to forget our
// policy none of them runs.
func TestSiege(t *testing.T) {
	t.Parallel()
	b := besiege(t)
	b.settled()
	r, err := page.New(page.Options{})
	if err != nil {
		t.Fatal(err)
	}
	paths := b.paths()
	var pages []string
	for _, path := range paths {
		code, kind, _ := b.read("status.example.org", path)
		if code == http.StatusNotFound {
			t.Errorf("%s is listed, and not there", path)
		}
		for _, host := range []string{"other.example.org", "locked.example.org", "evil.example"} {
			if _, _, body := b.read(host, path); host != "locked.example.org" && strings.Contains(body, "Partnership") {
				t.Errorf("%s%s names what is behind a password", host, path)
			}
		}
		if strings.HasPrefix(kind, "text/html") {
			pages = append(pages, path)
			for _, l := range r.Languages() {
				b.read("status.example.org", path+"?lang="+l.ID)
			}
		}
	}
	t.Logf("%d documents, %d of them pages", len(paths), len(pages))
	if len(pages) < len(hostile.Values()) {
		t.Errorf("only %d pages: the test reads nothing", len(pages))
	}
	b.copied()
	b.browse(pages)
}

// copied reads the copy, file by file.
func (b *besieged) copied() {
	var list mirror.Manifest
	data, err := os.ReadFile(filepath.Join(b.folder, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range list.Files {
		body, err := os.ReadFile(filepath.Join(b.folder, filepath.FromSlash(f.Name)))
		if err != nil {
			continue // it has gone since the manifest was read
		}
		b.inspect("the copy of "+f.Name, f.ContentType, string(body))
		if strings.HasPrefix(f.ContentType, "text/html") && !strings.Contains(string(body), `http-equiv="Content-Security-Policy" content="default-src 'none'`) {
			b.t.Errorf("the copy of %s has no policy", f.Name)
		}
		if strings.Contains(string(body), "Partnership") {
			b.t.Errorf("the copy of %s names what is behind a password", f.Name)
		}
	}
}
