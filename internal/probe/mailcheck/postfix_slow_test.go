//go:build slow

package mailcheck_test

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/mailcheck"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

const dovecotConfig = `
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
first_valid_uid = 1
mail_location = maildir:%[1]s/mail/%%u
auth_mechanisms = plain login
passdb {
  driver = passwd-file
  args = scheme=PLAIN %[1]s/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=%[1]s/home/%%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]s
  }
  inet_listener imaps {
    port = %[3]s
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service auth {
  unix_listener %[1]s/auth {
    mode = 0666
  }
}
namespace inbox {
  inbox = yes
  mailbox Junk {
    auto = create
    special_use = \Junk
  }
}
`

const postfixConfig = `
compatibility_level = 3.6
queue_directory = %[2]s/queue
data_directory = %[2]s/data
maillog_file = %[2]s/log
maillog_file_prefixes = %[2]s
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.test
mydestination =
alias_maps =
virtual_mailbox_domains = mail.test
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = inline:{a@mail.test=a/, b@mail.test=b/, spam@mail.test=b/.Junk/, lost@mail.test=b/, gray@mail.test=b/}
virtual_uid_maps = static:%[3]s
virtual_gid_maps = static:%[4]s
virtual_minimum_uid = 1
transport_maps = inline:{lost@mail.test=discard:}
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = %[1]s/cert.pem
smtpd_tls_key_file = %[1]s/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = %[1]s/auth
smtpd_relay_restrictions =
smtpd_recipient_restrictions = check_recipient_access inline:{{gray@mail.test=450 4.2.0 come back later}}, permit_sasl_authenticated, reject
`

const postfixServices = `
127.0.0.1:%s inet n - n - - smtpd
127.0.0.1:%s inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
virtual unix - n n - - virtual
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

// servers is a mail server of postfix and dovecot, with the users a and b whose
// names are their passwords.
type servers struct {
	smtp, smtps, imap, imaps string
	env                      probe.Env
	secrets                  string
	post, box                *daemon.Process
	ca, dovecot              string // files
	client                   *tls.Config
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T) *servers {
	daemon.Find(t, "postfix", "apt-get install postfix")
	daemon.Find(t, "dovecot", "apt-get install dovecot-imapd")
	if os.Geteuid() != 0 {
		daemon.Missing(t, "postfix starts for root only")
	}
	dir, root := daemon.Folder(t, true), daemon.Folder(t, false)
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	s := &servers{secrets: t.TempDir()}
	authority := probetest.NewAuthority(t)
	s.ca, _, _ = authority.Files(t, dir, "127.0.0.1")
	s.env, s.client = probe.Env{Roots: authority.Pool}, authority.Client()
	for _, name := range []string{"a", "b", "wrong"} {
		write(t, filepath.Join(s.secrets, name), name)
	}
	s.startDovecot(t, dir)
	s.startPostfix(t, dir, root)
	return s
}

func (s *servers) startDovecot(t *testing.T, dir string) {
	var port, tlsPort string
	s.imap, port = daemon.FreePort(t)
	s.imaps, tlsPort = daemon.FreePort(t)
	write(t, filepath.Join(dir, "users"), "a:a\nb:b\n")
	s.dovecot = filepath.Join(dir, "dovecot.conf")
	write(t, s.dovecot, fmt.Sprintf(dovecotConfig, dir, port, tlsPort))
	s.box = daemon.Start(t, daemon.Spec{
		Program: "dovecot", Needs: "apt-get install dovecot-imapd", Args: []string{"-F", "-c", filepath.Join(dir, "dovecot.conf")},
		Dir: dir, User: true, Ready: daemon.Answers(s.imaps),
	})
}

func (s *servers) startPostfix(t *testing.T, dir, root string) {
	var port, tlsPort string
	s.smtp, port = daemon.FreePort(t)
	s.smtps, tlsPort = daemon.FreePort(t)
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	postfix, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(postfix.Uid)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"queue", "data", "conf"} {
		if err := os.Mkdir(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(root, "data"), uid, -1); err != nil {
		t.Fatal(err)
	}
	// Their processes pass through each other's folders.
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(root, "conf")
	write(t, filepath.Join(conf, "main.cf"), fmt.Sprintf(postfixConfig, dir, root, nobody.Uid, nobody.Gid))
	write(t, filepath.Join(conf, "master.cf"), fmt.Sprintf(postfixServices, port, tlsPort))
	if out, err := exec.Command(daemon.Find(t, "postfix", "apt-get install postfix"), "-c", conf, "check").CombinedOutput(); err != nil {
		t.Fatalf("postfix check: %v: %s", err, out)
	}
	s.post = daemon.Start(t, daemon.Spec{
		Program: "/usr/lib/postfix/sbin/master", Needs: "apt-get install postfix", Args: []string{"-c", conf, "-d"},
		Dir: root, Ready: daemon.Answers(s.smtps),
	})
}

func (s *servers) options() mailcheck.Options {
	var o mailcheck.Options
	o.SetDefaults()
	o.Sender = mailcheck.Account{Server: "smtp://" + s.smtp, Address: "a@mail.test", Username: "a", Password: s.secret("a")}
	o.Receiver = mailcheck.Account{Server: "imap://" + s.imap, Address: "b@mail.test", Username: "b", Password: s.secret("b")}
	return o
}

func (s *servers) secret(name string) config.Secret {
	return config.Secret{File: filepath.Join(s.secrets, name)}
}

func TestPostfixAndDovecot(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		says    string
		change  func(*mailcheck.Options)
		timeout time.Duration
		reason  probe.Reason
	}{
		{says: "a message arrives"},
		{says: "TLS from the first byte", change: func(o *mailcheck.Options) {
			o.Sender.Server, o.Receiver.Server = "smtps://"+s.smtps, "imaps://"+s.imaps
		}},
		{says: "it is taken for spam", change: func(o *mailcheck.Options) { o.Receiver.Address = "spam@mail.test" }, reason: probe.ReasonSpam},
		{says: "it is lost", change: func(o *mailcheck.Options) { o.Receiver.Address = "lost@mail.test" }, timeout: 5 * time.Second, reason: probe.ReasonNotDelivered},
		{says: "it arrives later than wanted", change: func(o *mailcheck.Options) { o.Within = time.Millisecond }, reason: probe.ReasonLate},
		{says: "nobody has that address", change: func(o *mailcheck.Options) { o.Receiver.Address = "nobody@mail.test" }, reason: probe.ReasonRejected},
		{says: "the server wants us later", change: func(o *mailcheck.Options) { o.Receiver.Address = "gray@mail.test" }, reason: probe.ReasonThrottled},
		{says: "the sender's password is wrong", change: func(o *mailcheck.Options) { o.Sender.Password = s.secret("wrong") }, reason: probe.ReasonSignIn},
		{says: "the receiver's password is wrong", change: func(o *mailcheck.Options) { o.Receiver.Password = s.secret("wrong") }, reason: probe.ReasonSignIn},
		{says: "the certificate ends too soon for the mailbox", change: func(o *mailcheck.Options) { o.TLS.DaysLeft = 2 }, reason: probe.ReasonCertificate},
		{says: "the certificate is for other names", change: func(o *mailcheck.Options) { o.TLS.ServerName = "other.test" }, reason: probe.ReasonTLSHostname},
	} {
		o := s.options()
		if c.change != nil {
			c.change(&o)
		}
		if c.timeout == 0 {
			c.timeout = 20 * time.Second
		}
		p, err := mailcheck.New(o, s.env)
		probetest.Want(t, c.says, probetest.Within(t, p, err, c.timeout), c.reason)
	}
	s.cleaned(t)
	s.manyRuns(t)
	s.stumbles(t)
	s.box.Stop()
	p, err := mailcheck.New(s.options(), s.env)
	probetest.Want(t, "the mailbox's server is stopped", probetest.Attempt(t, p, err), probe.ReasonRefused)
}

// cleaned sees that the message is deleted.
func (s *servers) cleaned(t *testing.T) {
	p, err := mailcheck.New(s.options(), s.env)
	r := probetest.Within(t, p, err, 20*time.Second)
	probetest.Want(t, "a message", r, "")
	if clean := r.Steps[len(r.Steps)-1]; clean.Name != "clean" || clean.Err != "" || clean.Detail != "1 deleted" {
		t.Errorf("the last step is %+v", clean)
	}
}

// manyRuns sees that runs leave neither sessions nor messages behind, nor do
// runs that are killed leave anybody signed in.
func (s *servers) manyRuns(t *testing.T) {
	o := s.options()
	o.Within = time.Minute
	p, err := mailcheck.New(o, s.env)
	if err != nil {
		t.Fatal(err)
	}
	before := s.messages(t)
	probetest.Soak(t, p, probetest.Runs(t, 200), s.smtp, s.imap)
	if after := s.messages(t); after != before {
		t.Errorf("%d messages are in the mailbox, %d were there before", after, before)
	}
	s.nobodyIsIn(t)
	yaml := func(a mailcheck.Account) string {
		return fmt.Sprintf("{server: '%s', address: %s, username: %s, password: {file: %s}}", a.Server, a.Address, a.Username, a.Password.File)
	}
	probetest.Kill(t, "message", fmt.Sprintf("{sender: %s, receiver: %s, within: 1m, tls: {ca: %s}}", yaml(o.Sender), yaml(o.Receiver), s.ca), 5)
	probetest.Unconnected(t, s.smtp, s.imap)
	s.nobodyIsIn(t)
	probetest.Want(t, "after the kills", probetest.Within(t, p, err, time.Minute), "")
}

// nobodyIsIn asks dovecot itself who is signed in.
func (s *servers) nobodyIsIn(t *testing.T) {
	t.Helper()
	doveadm := daemon.Find(t, "doveadm", "apt-get install dovecot-imapd")
	var out []byte
	probetest.Eventually(t, "nobody is signed in", func() (nobody bool) {
		var err error
		if out, err = exec.Command(doveadm, "-c", s.dovecot, "-f", "flow", "who").Output(); err != nil {
			t.Fatalf("doveadm who: %v", err)
		}
		return !strings.Contains(string(out), "username=")
	})
}

// messages counts what lies in b's inbox.
func (s *servers) messages(t *testing.T) (n int) {
	t.Helper()
	for _, folder := range []string{"new", "cur"} {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(s.dovecot), "mail", "b", folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		n += len(files)
	}
	return n
}
