package mirror

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2024, 5, 16, 17, 0, 0, 0, time.UTC)

func files(version string) []File {
	page := func(at time.Time) []byte {
		return Note([]byte(`<body><main id="main">`+version+`</main>`), "copied at "+at.Format("15:04"))
	}
	plain := func(time.Time) []byte { return []byte(`{"v":"` + version + `"}`) }
	return []File{
		{"/", "text/html; charset=utf-8", version, page},
		{"/s/imessage", "text/html; charset=utf-8", version, page},
		{"/api/v1/services", "application/json; charset=utf-8", version, plain},
		{"/api/v1/services/imessage", "application/json; charset=utf-8", version, plain},
		{"/api/v2/summary.json", "application/json; charset=utf-8", version, plain},
		{"/history.atom", "application/atom+xml", version, plain},
	}
}

// TestPoliced: a page keeps its policy on a server that sends none, and no rule
// that a page cannot give itself.
func TestPoliced(t *testing.T) {
	for _, c := range []struct{ says, page, policy, want string }{
		{
			"behind the encoding, before anything that could be loaded", `<head><meta charset="utf-8"><script src="/x">`, "default-src 'none'; frame-ancestors *; base-uri 'none'",
			`<head><meta charset="utf-8">` + "\n" + `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'"><script src="/x">`,
		},
		{"what is no page of ours stays", `{"a":1}`, "default-src 'none'", `{"a":1}`},
		{"no policy, no change", `<meta charset="utf-8">`, "", `<meta charset="utf-8">`},
	} {
		if got := string(Policed([]byte(c.page), c.policy)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.says, got, c.want)
		}
	}
}

func testKey(t *testing.T) (ed25519.PrivateKey, string) {
	t.Helper()
	key, err := Key(filepath.Join(t.TempDir(), "mirror.key"))
	if err != nil {
		t.Fatal(err)
	}
	return key, base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestFolderIsWholeAndSigned: what is written is what is verified, and nothing
// else passes.
func TestFolderIsWholeAndSigned(t *testing.T) {
	key, public := testKey(t)
	_, other := testKey(t)
	for _, c := range []struct {
		says, key string
		spoil     func(dir string) error
		problem   string // of a file
		fails     string // altogether
	}{
		{"as it was written", public, func(string) error { return nil }, "", ""},
		{"with the key that lies in it", "", func(string) error { return nil }, "", ""},
		{"a changed page", public, func(d string) error { return os.WriteFile(d+"/index.html", []byte("all is well"), 0o600) }, "index.html: has been changed", ""},
		{"a missing page", public, func(d string) error { return os.Remove(d + "/s/imessage.html") }, "s/imessage.html: is missing", ""},
		{"a page too many", public, func(d string) error { return os.WriteFile(d+"/pay-here.html", nil, 0o600) }, "pay-here.html: is not in the manifest", ""},
		{"a manifest that was rewritten", public, func(d string) error {
			b, err := os.ReadFile(d + "/manifest.json")
			if err != nil {
				return err
			}
			return os.WriteFile(d+"/manifest.json", []byte(strings.Replace(string(b), "2024", "2025", 1)), 0o600)
		}, "", "does not fit"},
		{"another's key", other, func(string) error { return nil }, "", "does not fit"},
		{"no key at all", "rot13", func(string) error { return nil }, "", "no Ed25519"},
		{"no signature", public, func(d string) error { return os.Remove(d + "/manifest.json.sig") }, "", "manifest.json.sig"},
	} {
		t.Run(c.says, func(t *testing.T) {
			dir := t.TempDir()
			target, err := NewFolder(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := New(target, key, "https://status.example.org", quiet()).Write(t.Context(), files("1"), noon); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(dir); err != nil {
				t.Fatal(err)
			}
			r, err := Verify(os.DirFS(dir), c.key)
			switch {
			case c.fails != "":
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v, want %q", err, c.fails)
				}
			case err != nil:
				t.Error(err)
			case strings.Join(r.Problems, "; ") != c.problem || r.Pinned != (c.key != "") || len(r.Manifest.Files) != 6:
				t.Errorf("%+v", r)
			}
		})
	}
}

// recording is a target that remembers.
type recording struct {
	done []string
	fail string // name that cannot be written
}

func (r *recording) String() string { return "recording" }

func (r *recording) Put(_ context.Context, name, _ string, _ []byte) error {
	if name == r.fail {
		return io.ErrShortWrite
	}
	r.done = append(r.done, name)
	return nil
}

func (r *recording) Delete(_ context.Context, name string) error {
	r.done = append(r.done, "-"+name)
	return nil
}

// TestOnlyChangesAreWritten, failures are tried again, what is gone goes, and
// all is renewed now and then so that it can tell its age.
func TestOnlyChangesAreWritten(t *testing.T) {
	key, _ := testKey(t)
	to := &recording{}
	m := New(to, key, "", quiet())
	write := func(f []File, after time.Duration) (done []string, err error) {
		to.done = nil
		err = m.Write(t.Context(), f, noon.Add(after))
		return to.done, err
	}
	signed := []string{keyName, manifestName, signatureName}
	if done, err := write(files("1"), 0); err != nil || len(done) != 9 || !slices.Equal(done[6:], signed) {
		t.Errorf("at first %v, %v", done, err)
	}
	if done, err := write(files("1"), time.Second); err != nil || len(done) != 0 {
		t.Errorf("without a change %v, %v", done, err)
	}
	next := files("1")
	next[1].Version = "2"
	to.fail = "s/imessage.html"
	if done, err := write(next, 2*time.Second); err == nil || len(done) != 3 {
		t.Errorf("with a failure %v, %v", done, err)
	}
	to.fail = ""
	if done, err := write(next, 3*time.Second); err != nil || done[0] != "s/imessage.html" || len(done) != 4 {
		t.Errorf("tried again %v, %v", done, err)
	}
	if done, err := write(next[1:], 4*time.Second); err != nil || !slices.Equal(done, append(slices.Clone(signed), "-index.html")) {
		t.Errorf("with one gone %v, %v", done, err)
	}
	if done, err := write(next[1:], Renew+time.Second); err != nil || len(done) != 8 {
		t.Errorf("after a while %v, %v", done, err)
	}
}

// TestSignatureV4 is the example of the Amazon S3 API reference.
func TestSignatureV4(t *testing.T) {
	s, err := NewS3(http.DefaultClient, S3Config{
		Endpoint: "https://examplebucket.s3.amazonaws.com", Bucket: "b", Key: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		now: func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://examplebucket.s3.amazonaws.com/test.txt", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=0-9")
	s.sign(req, nil)
	const want = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
	if got := req.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+want) {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[string]string{
		"/": "index.html", "/s/a": "s/a.html", "/history/2024-05": "history/2024-05.html",
	} {
		if got := Name(path, "text/html; charset=utf-8"); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{"/api/v1/services": "api/v1/services.json", "/api/v2/summary.json": "api/v2/summary.json"} {
		if got := Name(path, "application/json"); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
}

// TestFolderKeepsInside: a name never leads out of the folder.
func TestFolderKeepsInside(t *testing.T) {
	f, err := NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x", "/etc/x", "a/../../x", ""} {
		if err := f.Put(t.Context(), name, "", nil); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}
