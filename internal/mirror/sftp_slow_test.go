//go:build slow

package mirror

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// shell is an OpenSSH server of our own, which lets one key in.
type shell struct {
	addr, user, key, known string
	root                   string // what is on it
}

func keygen(t *testing.T, file string) (private, public string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	a, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return string(a), strings.Join(strings.Fields(string(b))[:2], " ")
}

// sshd starts the server as whoever runs the test.
func sshd(t *testing.T) shell {
	t.Helper()
	const program = "/usr/sbin/sshd" // it must be started by its whole path
	const subsystem = "/usr/lib/openssh/sftp-server"
	for _, p := range []string{program, subsystem} {
		if _, err := os.Stat(p); err != nil {
			missing(t, p)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // root's server wants it
			t.Fatal(err)
		}
	}
	dir, port := t.TempDir(), freePort(t)
	s := shell{addr: fmt.Sprintf("127.0.0.1:%d", port), user: me.Username, known: filepath.Join(dir, "known"), root: filepath.Join(dir, "www")}
	_, host := keygen(t, filepath.Join(dir, "host"))
	key, public := keygen(t, filepath.Join(dir, "client"))
	s.key = key
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "authorized"), public+"\n")
	write(s.known, fmt.Sprintf("[127.0.0.1]:%d %s\n", port, host))
	conf := filepath.Join(dir, "sshd_config")
	write(conf, fmt.Sprintf("Port %d\nListenAddress 127.0.0.1\nHostKey %[2]s/host\nAuthorizedKeysFile %[2]s/authorized\nPidFile %[2]s/pid\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin yes\nSubsystem sftp %s\n", port, dir, subsystem))
	running(t, port, program, "-D", "-e", "-f", conf)
	return s
}

func (s shell) config() SFTPConfig {
	return SFTPConfig{Address: s.addr, Folder: s.root, User: s.user, Key: s.key, KnownHosts: s.known, Dial: (&net.Dialer{}).DialContext}
}

// TestSFTP writes to a real OpenSSH server, changes, deletes, and has the copy
// verified.
func TestSFTP(t *testing.T) {
	s := sshd(t)
	target, err := NewSFTP(s.config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.drop)
	roundTrip(t, target, func(name string) (int, string) {
		name, err := url.PathUnescape(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(s.root, name))
		if err != nil {
			return http.StatusNotFound, ""
		}
		return http.StatusOK, string(b)
	})
	key, public := testKey(t)
	m := New(target, key, "", quiet())
	if err := m.Write(t.Context(), files("3"), noon); err != nil {
		t.Fatal(err)
	}
	if err := target.conn.Close(); err != nil { // the line is cut: the next write makes another
		t.Fatal(err)
	}
	if err := m.Write(t.Context(), files("4"), noon); err != nil {
		t.Fatal(err)
	}
	if r, err := Verify(os.DirFS(s.root), public); err != nil || len(r.Problems) > 0 {
		t.Errorf("%v, %v", err, r.Problems)
	}
	if half, err := filepath.Glob(filepath.Join(s.root, "*.part")); err != nil || len(half) > 0 {
		t.Errorf("left behind: %v, %v", half, err)
	}
	if err := target.Put(t.Context(), "../out", "", nil); err == nil {
		t.Error("a name that leads out of the folder is written")
	}
}

// TestSFTPRefusesStrangers: a server whose key is not known, or is another than
// the known one, gets nothing, and the error says what to do.
func TestSFTPRefusesStrangers(t *testing.T) {
	s := sshd(t)
	_, other := keygen(t, filepath.Join(t.TempDir(), "other"))
	host, port, _ := strings.Cut(s.addr, ":")
	for _, c := range []struct{ why, known, want string }{
		{"nobody knows its key", "", "is not known: if the server's owner confirms this fingerprint, add this line to"},
		{"another key is known", "[" + host + "]:" + port + " " + other + "\n", "is " + "SHA256:"},
	} {
		if err := os.WriteFile(s.known, []byte(c.known), 0o600); err != nil {
			t.Fatal(err)
		}
		target, err := NewSFTP(s.config())
		if err != nil {
			t.Fatal(err)
		}
		if err := target.Put(t.Context(), "index.html", "", []byte("x")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(s.root, "index.html")); err == nil {
		t.Error("a stranger was given the page")
	}
}
