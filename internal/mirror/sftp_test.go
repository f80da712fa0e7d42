package mirror

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSFTPIsConfigured: what is missing or wrong is said before anything is
// dialled, and no secret is repeated.
func TestSFTPIsConfigured(t *testing.T) {
	known := filepath.Join(t.TempDir(), "known")
	if err := os.WriteFile(known, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dial := (&net.Dialer{}).DialContext
	for _, c := range []struct {
		why, want string
		config    SFTPConfig
	}{
		{"no port", "not host:port", SFTPConfig{Address: "files.example.net", Password: "swordfish", KnownHosts: known, Dial: dial}},
		{"no known hosts", "ssh-keyscan files.example.net", SFTPConfig{Address: "files.example.net:22", Password: "swordfish", KnownHosts: known + "x", Dial: dial}},
		{"no way to log in", "neither key nor password", SFTPConfig{Address: "files.example.net:22", KnownHosts: known, Dial: dial}},
		{"no key", "as ssh-keygen writes it", SFTPConfig{Address: "files.example.net:22", Key: "swordfish", KnownHosts: known, Dial: dial}},
	} {
		_, err := NewSFTP(c.config)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
	s, err := NewSFTP(SFTPConfig{Address: "files.example.net:22", Folder: "www", User: "u", Password: "swordfish", KnownHosts: known, Dial: dial})
	if err != nil || s.String() != "sftp://files.example.net:22/www" {
		t.Errorf("%v, %v", s, err)
	}
}
