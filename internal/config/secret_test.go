package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretIsRead(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("OUTCRY_TEST_SECRET", "from the environment")
	tests := []struct {
		sentence string
		secret   Secret
		want     string // empty with ok false: an error
		ok       bool
	}{
		{"of a file, without the line feed that editors add", Secret{File: file("a", "s3cret\n")}, "s3cret", true},
		{"of a file from Windows", Secret{File: file("b", "s3cret\r\n")}, "s3cret", true},
		{"blanks are part of it", Secret{File: file("c", " s3cret ")}, " s3cret ", true},
		{"of the environment", Secret{Env: "OUTCRY_TEST_SECRET"}, "from the environment", true},
		{"a plain value", Plain("sqlite:x"), "sqlite:x", true},
		{"one that is not set is empty", Secret{}, "", true},
		{"an empty file holds none", Secret{File: file("d", "\n")}, "", false},
		{"a file that is not there", Secret{File: filepath.Join(dir, "none")}, "", false},
		{"a file that cannot be a secret", Secret{File: file("e", strings.Repeat("x", maxSecret+1))}, "", false},
		{"a variable that is not set", Secret{Env: "OUTCRY_TEST_NONE"}, "", false},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			got, err := test.secret.Value()
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// However somebody prints a configuration, the secrets in it stay hidden.
func TestSecretIsNeverPrinted(t *testing.T) {
	c := Config{Store: Store{DSN: Plain("postgres://user:hunter2@db/x")}}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "dsn", c.Store.DSN)
	out, err := json.Marshal(c.Store)
	if err != nil {
		t.Fatal(err)
	}
	for how, text := range map[string]string{
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c.Store),
		"String": c.Store.DSN.String(), "json": string(out), "slog": log.String(),
	} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s prints the secret: %s", how, text)
		}
	}
}

// A server that starts must be able to read its secrets; each that it cannot
// is named with the place where the configuration asks for it.
func TestSecretsAreVerifiedWithTheirPlaces(t *testing.T) {
	c, err := Parse("x", []byte(`
services: [{id: shop}]
intake:
  tokens:
    - {name: a, token: {env: OUTCRY_TEST_NONE}, roles: [read]}
notify:
  channels:
    - {name: b, type: webhook, url: "https://h.example/", secret: {file: /nonexistent/secret}}
`))
	if err != nil {
		t.Fatal(err)
	}
	err = c.Secrets()
	want := "x:5:24: the environment variable OUTCRY_TEST_NONE, which should hold a secret, is not set\n" +
		"x:8:67: open the secret's file: open /nonexistent/secret: no such file or directory"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	c, err := Parse("x", []byte(smallest))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"OUTCRY_LISTEN": "127.0.0.1:0", "OUTCRY_ADMIN_LISTEN": "off", "OUTCRY_DATA": "/srv", "OUTCRY_BUS_URLS": "nats://a:1,nats://b:2",
		"OUTCRY_LOG_LEVEL": "debug", "OUTCRY_LOG_FORMAT": "", "OUTCRY_STORE_DSN": "postgres://u:p@db/x",
	}
	lookup := func(k string) (string, bool) { v, ok := env[k]; return v, ok }
	if err := c.Environment(lookup); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Listen, c.AdminListen, c.Data, c.Bus.URLs, c.Log, c.Store.DSN.Env)
	if want := "127.0.0.1:0off/srv[nats://a:1 nats://b:2] {debug text}OUTCRY_STORE_DSN"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	env = map[string]string{"OUTCRY_LISTEN": "nowhere", "OUTCRY_LOG_LEVEL": "loud"}
	err = c.Environment(lookup)
	want := "environment: OUTCRY_LISTEN: \"nowhere\" is not an address: write HOST:PORT\n" +
		"environment: OUTCRY_LOG_LEVEL: \"loud\" is none of debug, info, warn, error"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
