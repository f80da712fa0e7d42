package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SFTPConfig is a folder on an SSH server.
type SFTPConfig struct {
	Address    string // host:port
	Folder     string // on the server; it is made where it is missing
	User       string
	Password   string // or
	Key        string // a private key in OpenSSH's or PEM form, without a passphrase
	KnownHosts string // file in the form of OpenSSH's known_hosts, with the server's key
	Dial       func(ctx context.Context, network, address string) (net.Conn, error)
}

// SFTP writes to a folder over the SSH File Transfer Protocol
// (draft-ietf-secsh-filexfer-02, as OpenSSH speaks it). It keeps one connection
// for as long as that works. A file is replaced by renaming a finished one,
// where the server knows the extension posix-rename@openssh.com; where it does
// not, the old file goes first, and for a moment there is none.
type SFTP struct {
	config SFTPConfig
	client *ssh.ClientConfig
	made   map[string]bool // folders that are there

	ssh  *ssh.Client
	conn net.Conn
	sftp *sftp.Client // nil: not connected
}

// NewSFTP reads the keys, and connects to nobody yet.
func NewSFTP(c SFTPConfig) (*SFTP, error) {
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil || host == "" {
		return nil, fmt.Errorf("the mirror's SFTP address %q is not host:port", c.Address)
	}
	if c.Dial == nil {
		return nil, errors.New("the mirror's SFTP target has no dialer")
	}
	known, err := knownhosts.New(c.KnownHosts)
	if err != nil {
		return nil, fmt.Errorf("read the known hosts of the mirror: %w; `ssh-keyscan %s` writes such a file: compare its key with the server's own before you trust it", err, host)
	}
	s := &SFTP{config: c, made: make(map[string]bool), client: &ssh.ClientConfig{User: c.User, Timeout: within}}
	s.client.HostKeyCallback = func(name string, remote net.Addr, key ssh.PublicKey) error {
		return s.explain(known(name, remote, key), key)
	}
	switch {
	case c.Key != "":
		signer, err := ssh.ParsePrivateKey([]byte(c.Key))
		if err != nil {
			return nil, errors.New("the mirror's SFTP key cannot be read: it must be a private key without a passphrase, as ssh-keygen writes it")
		}
		s.client.Auth = []ssh.AuthMethod{ssh.PublicKeys(signer)}
	case c.Password != "":
		s.client.Auth = []ssh.AuthMethod{ssh.Password(c.Password)}
	default:
		return nil, errors.New("the mirror's SFTP target has neither key nor password")
	}
	return s, nil
}

// explain says what to do about a host key that is not the known one.
func (s *SFTP) explain(err error, key ssh.PublicKey) error {
	var unlike *knownhosts.KeyError
	if !errors.As(err, &unlike) {
		return err
	}
	line, print := knownhosts.Line([]string{s.config.Address}, key), ssh.FingerprintSHA256(key)
	if len(unlike.Want) == 0 {
		return fmt.Errorf("the host key of %s, %s, is not known: if the server's owner confirms this fingerprint, add this line to %s: %s",
			s.config.Address, print, s.config.KnownHosts, line)
	}
	return fmt.Errorf("the host key of %s is %s and not the known one, of %s line %d: somebody may be in between; only if the server's owner confirms the new fingerprint, put this in its place: %s",
		s.config.Address, print, unlike.Want[0].Filename, unlike.Want[0].Line, line)
}

func (s *SFTP) String() string {
	return "sftp://" + s.config.Address + path.Join("/", s.config.Folder)
}

// connect makes the connection where there is none, and bounds by the clock
// what is then done with it.
func (s *SFTP) connect(ctx context.Context) (*sftp.Client, error) {
	if s.sftp != nil {
		return s.sftp, s.conn.SetDeadline(time.Now().Add(within))
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	raw, err := s.config.Dial(ctx, "tcp", s.config.Address)
	if err != nil {
		return nil, fmt.Errorf("reach %s: %w", s.config.Address, err)
	}
	if err := raw.SetDeadline(time.Now().Add(within)); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	c, channels, requests, err := ssh.NewClientConn(raw, s.config.Address, s.client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log in at %s: %w", s.config.Address, err), raw.Close())
	}
	client := ssh.NewClient(c, channels, requests)
	files, err := sftp.NewClient(client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open SFTP at %s: %w", s.config.Address, err), client.Close())
	}
	s.conn, s.ssh, s.sftp = raw, client, files
	return files, nil
}

// drop ends a connection that has failed; the next write makes another.
func (s *SFTP) drop() {
	if s.sftp != nil {
		_, _ = s.sftp.Close(), s.ssh.Close() // it has failed before
	}
	s.sftp, s.ssh, s.conn = nil, nil, nil
	clear(s.made) // somebody may have cleared them away
}

// do runs one piece of work on the connection. On one that was there before,
// and may have been cut meanwhile, it is tried once more on another.
func (s *SFTP) do(ctx context.Context, work func(c *sftp.Client) error) error {
	kept := s.sftp != nil
	err := s.once(ctx, work)
	if err != nil && kept && ctx.Err() == nil {
		err = s.once(ctx, work)
	}
	return err
}

// once runs a piece of work, and ends the connection when it fails or the
// context does.
func (s *SFTP) once(ctx context.Context, work func(c *sftp.Client) error) error {
	c, err := s.connect(ctx)
	if err != nil {
		s.drop()
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	if err := work(c); err != nil {
		s.drop()
		return err
	}
	return s.conn.SetDeadline(time.Time{}) // it may rest until the next change
}

func (s *SFTP) path(name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q leads out of the folder", name)
	}
	return path.Join(s.config.Folder, name), nil
}

// Put implements [Target].
func (s *SFTP) Put(ctx context.Context, name, _ string, body []byte) error {
	to, err := s.path(name)
	if err != nil {
		return err
	}
	return s.do(ctx, func(c *sftp.Client) error {
		if dir := path.Dir(to); !s.made[dir] {
			if err := c.MkdirAll(dir); err != nil {
				return fmt.Errorf("make the folder %s: %w", dir, err)
			}
			s.made[dir] = true
		}
		if err := upload(c, to+".part", body); err != nil {
			return errors.Join(err, gone(c.Remove(to+".part")))
		}
		return replace(c, to)
	})
}

func upload(c *sftp.Client, name string, body []byte) error {
	f, err := c.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	if _, err := f.Write(body); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), f.Close())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", name, err)
	}
	return nil
}

// replace puts the finished file in the place of the old one.
func replace(c *sftp.Client, to string) error {
	if _, ok := c.HasExtension("posix-rename@openssh.com"); ok {
		if err := c.PosixRename(to+".part", to); err != nil {
			return fmt.Errorf("rename to %s: %w", to, err)
		}
		return nil
	}
	if err := gone(c.Remove(to)); err != nil {
		return fmt.Errorf("take away the old %s: %w", to, err)
	}
	if err := c.Rename(to+".part", to); err != nil {
		return fmt.Errorf("rename to %s: %w", to, err)
	}
	return nil
}

// gone makes nothing of the error that there is no such file.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Delete implements [Target].
func (s *SFTP) Delete(ctx context.Context, name string) error {
	at, err := s.path(name)
	if err != nil {
		return err
	}
	return s.do(ctx, func(c *sftp.Client) error { return gone(c.Remove(at)) })
}
