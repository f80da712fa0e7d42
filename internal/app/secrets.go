package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/notify"
	"github.com/outcry/outcry/internal/notify/webhook"
	"github.com/outcry/outcry/internal/web"
)

// AdminTokenFile is where a process without configured administrators keeps the
// token that it has made for whoever can read its data folder.
func AdminTokenFile(data string) string { return filepath.Join(data, "admin.token") }

// readers are the tokens of the role read, but for operators', who see as much.
func (p *process) readers() ([]web.Reader, error) {
	var out []web.Reader
	for i := range p.Config.Intake.Tokens {
		t := &p.Config.Intake.Tokens[i]
		if !slices.Contains(t.Roles, config.RoleRead) || slices.Contains(t.Roles, config.RoleAdmin) {
			continue
		}
		secret, err := t.Token.Value()
		if err != nil {
			return nil, fmt.Errorf("token %s: %w", t.Name, err)
		}
		other := func(r config.Role) bool { return r != config.RoleRead }
		out = append(out, web.Reader{Name: t.Name, Secret: secret, Only: !slices.ContainsFunc(t.Roles, other)})
	}
	return out, nil
}

// credentials reads the configuration's tokens: those of reporters, and those
// of operators by name.
func (p *process) credentials() (reporters []intake.Token, operators map[string]string, err error) {
	operators = make(map[string]string)
	for i := range p.Config.Intake.Tokens {
		t := &p.Config.Intake.Tokens[i]
		secret, err := t.Token.Value()
		if err != nil {
			return nil, nil, fmt.Errorf("token %s: %w", t.Name, err)
		}
		admin := slices.Contains(t.Roles, config.RoleAdmin)
		if admin {
			operators[t.Name] = secret
		}
		reporters = append(reporters, intake.Token{Name: t.Name, Secret: secret, Report: admin || slices.Contains(t.Roles, config.RoleReport)})
	}
	if len(operators) > 0 {
		return reporters, operators, nil
	}
	secret, err := localToken(AdminTokenFile(p.Config.Data))
	if err != nil {
		return nil, nil, err
	}
	operators["local"] = secret
	return append(reporters, intake.Token{Name: "local", Secret: secret, Report: true}), operators, nil
}

// localToken reads the data folder's token, and makes it the first time.
func localToken(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(b))) >= 16 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", outcry.Wrap(outcry.CodeUnavailable, err, "read the operator's token %s", path)
	}
	secret := rand.Text()
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return "", outcry.Wrap(outcry.CodeUnavailable, err, "keep the operator's token in %s", path)
	}
	return secret, nil
}

// destinations fits the channels of the configuration.
func (p *process) destinations() (map[string]notify.Destination, error) {
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: guard.Own().Dialer(nil).Paced().DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2,
		IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second,
	}}
	to := make(map[string]notify.Destination)
	for i := range p.Config.Notify.Channels {
		c := &p.Config.Notify.Channels[i]
		ch, err := p.channel(c, client)
		if err != nil {
			return nil, fmt.Errorf("channel %s: %w", c.Name, err)
		}
		to[c.Name] = notify.Destination{Channel: ch, GiveUp: c.GiveUp, Timeout: c.Timeout}
	}
	return to, nil
}

// channel makes one channel; one line for each type.
func (p *process) channel(c *config.Channel, client *http.Client) (notify.Channel, error) {
	url, err := c.URL.Value()
	if err != nil {
		return nil, err
	}
	secret, err := c.Secret.Value()
	if err != nil {
		return nil, err
	}
	switch c.Type {
	case "webhook":
		return webhook.New(webhook.Config{URL: url, Secret: secret, Timeout: c.Timeout, Site: pageOptions(p.Config).URL, UserAgent: "Outcry/" + p.Version, Client: client})
	default:
		return nil, outcry.FieldErrorf("type", "%q is no type of channel", c.Type)
	}
}

// lockFolder makes sure that one process at a time uses a data folder.
func lockFolder(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "open the lock of the data folder %s", dir)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(outcry.Wrap(outcry.CodeConflict, err, "the data folder %s is in use by another process; give this one its own with --data", dir), f.Close())
	}
	return f.Close, nil
}
