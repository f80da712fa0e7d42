package config

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/outcry/outcry"
)

// Secret says where a secret is: {file: PATH} or {env: NAME}. Where the file
// allows a plain value (an address that may hold a password, or not), it can
// be that, too. It never prints its value.
type Secret struct {
	File string
	Env  string

	plain string
	at    place
}

// Plain makes a secret of a value that is none.
func Plain(value string) Secret { return Secret{plain: value} }

// maxSecret bounds the file of a secret, in bytes: keys and certificates fit,
// a wrong path to a log or a device does not fill the memory.
const maxSecret = 64 << 10

// IsSet reports whether the configuration gave it.
func (s Secret) IsSet() bool { return s.File != "" || s.Env != "" || s.plain != "" }

// Value reads the secret, now: a file that was rotated gives the new value.
// One line feed at the end of a file is not part of it. A secret that is not
// set is empty.
func (s Secret) Value() (string, error) {
	switch {
	case s.File != "":
		return s.readFile()
	case s.Env != "":
		v := os.Getenv(s.Env)
		if v == "" {
			return "", outcry.Errorf(outcry.CodeInvalid, "the environment variable %s, which should hold a secret, is not set", s.Env)
		}
		return v, nil
	default:
		return s.plain, nil
	}
}

func (s Secret) readFile() (string, error) {
	f, err := os.Open(s.File)
	if err != nil {
		return "", outcry.Wrap(outcry.CodeInvalid, err, "open the secret's file")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", outcry.Wrap(outcry.CodeInvalid, err, "read the secret's file %s", s.File)
	}
	if len(b) > maxSecret {
		return "", outcry.Errorf(outcry.CodeInvalid, "the secret's file %s is over %d bytes", s.File, maxSecret)
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	if len(b) == 0 {
		return "", outcry.Errorf(outcry.CodeInvalid, "the secret's file %s is empty", s.File)
	}
	return string(b), nil
}

// String hides the value.
func (s Secret) String() string {
	if !s.IsSet() {
		return ""
	}
	return "[secret]"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the value from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// verify reports, with its place, that the secret cannot be read.
func (s Secret) verify() Errors {
	if _, err := s.Value(); err != nil {
		return Errors{s.at.errorf("%s", err)}
	}
	return nil
}

// Secrets tries to read every secret that the configuration names, so that a
// server refuses to start rather than fail at its first notice. It is not part
// of Load: `outcry check` runs where the secrets are not.
func (c *Config) Secrets() error {
	errs := c.Store.DSN.verify()
	for i := range c.Pages {
		if c.Pages[i].Password.IsSet() {
			errs = append(errs, c.Pages[i].Password.verify()...)
		}
	}
	for _, s := range []Secret{c.Mirror.WebDAV.Password, c.Mirror.S3.Secret, c.Mirror.SFTP.Password, c.Mirror.SFTP.Key} {
		if s.IsSet() {
			errs = append(errs, s.verify()...)
		}
	}
	if c.Vantage.Token.IsSet() {
		errs = append(errs, c.Vantage.Token.verify()...)
	}
	for i := range c.Intake.Tokens {
		errs = append(errs, c.Intake.Tokens[i].Token.verify()...)
	}
	if c.Notify.WebPush.Key.IsSet() {
		errs = append(errs, c.Notify.WebPush.Key.verify()...)
	}
	for i := range c.Notify.Channels {
		errs = append(errs, c.Notify.Channels[i].URL.verify()...)
		errs = append(errs, c.Notify.Channels[i].Secret.verify()...)
	}
	return errs.orNil()
}

var _ fmt.GoStringer = Secret{}
