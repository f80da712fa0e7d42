package app

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/mirror"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/web"
)

// mirrors starts a copy of the pages for every target of the configuration.
func (p *process) mirrors() error {
	c := &p.Config.Mirror
	if c.Folder == "" && c.WebDAV.URL == "" && c.S3.Bucket == "" && c.SFTP.Address == "" {
		return nil
	}
	path := c.Key
	if path == "" {
		path = filepath.Join(p.Config.Data, "mirror.key")
	}
	key, err := mirror.Key(path)
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "open the mirror")
	}
	targets, err := p.targets(c)
	if err != nil {
		return err
	}
	for _, t := range targets {
		p.mirrorTo(t, key)
	}
	return nil
}

func (p *process) mirrorTo(t mirror.Target, key ed25519.PrivateKey) {
	m := mirror.New(t, key, pageOptions(p.Config).URL, p.Log)
	p.backs.work("mirror", func(ctx context.Context) error {
		return m.Run(ctx, func() []mirror.File { return copies(p.site) })
	})
}

func (p *process) targets(c *config.Mirror) (out []mirror.Target, err error) {
	if c.Folder != "" {
		f, err := mirror.NewFolder(c.Folder)
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeUnavailable, err, "open the mirror")
		}
		out = append(out, f)
	}
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return nil, err
	}
	client := guardedClient(guard)
	if c.WebDAV.URL != "" {
		password, err := secretOf(c.WebDAV.Password)
		if err != nil {
			return nil, err
		}
		d, err := mirror.NewWebDAV(client, c.WebDAV.URL, c.WebDAV.User, password)
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "open the mirror")
		}
		out = append(out, d)
	}
	if c.S3.Bucket != "" {
		secret, err := secretOf(c.S3.Secret)
		if err != nil {
			return nil, err
		}
		s, err := mirror.NewS3(client, mirror.S3Config{
			Endpoint: c.S3.Endpoint, Region: c.S3.Region, Bucket: c.S3.Bucket, Prefix: c.S3.Prefix, Key: c.S3.Key, Secret: secret,
			CacheControl: "public, max-age=10",
		})
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeInvalid, err, "open the mirror")
		}
		out = append(out, s)
	}
	if c.SFTP.Address != "" {
		s, err := overSFTP(&c.SFTP, guard)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func overSFTP(c *config.SFTP, guard *netguard.Guard) (*mirror.SFTP, error) {
	password, err := secretOf(c.Password)
	if err != nil {
		return nil, err
	}
	key, err := secretOf(c.Key)
	if err != nil {
		return nil, err
	}
	s, err := mirror.NewSFTP(mirror.SFTPConfig{
		Address: c.Address, Folder: c.Folder, User: c.User, Password: password, Key: key, KnownHosts: c.KnownHosts,
		Dial: guard.Own().Dialer(nil).Paced().DialContext,
	})
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeInvalid, err, "open the mirror")
	}
	return s, nil
}

func secretOf(s config.Secret) (string, error) {
	if !s.IsSet() {
		return "", nil
	}
	return s.Value()
}

// guardedClient dials what the operator has let through.
func guardedClient(guard *netguard.Guard) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: guard.Own().Dialer(nil).Paced().DialContext, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
	}}
}

// copies are the finished documents as a mirror takes them.
func copies(site *web.Server) []mirror.File {
	docs, note := site.Snapshot()
	out := make([]mirror.File, 0, len(docs))
	for i := range docs {
		d := &docs[i]
		f := mirror.File{Path: d.Path, ContentType: d.ContentType, Version: d.Version, Copy: func(time.Time) []byte { return mirror.Policed(d.Body, d.Policy) }}
		if d.HTML {
			f.Copy = func(at time.Time) []byte { return mirror.Policed(mirror.Note(d.Body, note(at)), d.Policy) }
		}
		out = append(out, f)
	}
	return out
}

// VerifyMirror holds a copy in a folder against its signed manifest; see
// [mirror.Verify].
func VerifyMirror(folder, key string) (mirror.Report, error) {
	r, err := mirror.Verify(os.DirFS(folder), key)
	if err != nil {
		return r, outcry.Wrap(outcry.CodeInvalid, err, "verify the copy in %s", folder)
	}
	return r, nil
}
