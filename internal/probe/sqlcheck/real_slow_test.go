//go:build slow

package sqlcheck_test

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sqlcheck"
	"github.com/outcry/outcry/internal/testutil/daemon"
)

// story is what both servers are asked.
func story(t *testing.T, o sqlcheck.Options, construct func(sqlcheck.Options, probe.Env) (probe.Prober, error), server *daemon.Process) {
	t.Helper()
	try := func(says string, reason probe.Reason, change func(*sqlcheck.Options), steps ...string) {
		t.Helper()
		mine := o
		change(&mine)
		p, err := construct(mine, probe.Env{})
		r := probetest.Attempt(t, p, err)
		probetest.Want(t, says, r, reason)
		var b strings.Builder
		if err := r.Format(&b); err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			if !strings.Contains(b.String(), step) {
				t.Errorf("%s: no step %s in\n%s", says, step, &b)
			}
		}
		if strings.Contains(b.String(), "s3cret") {
			t.Errorf("%s: the password is shown:\n%s", says, &b)
		}
	}
	try("a query", "", func(*sqlcheck.Options) {}, "connect", "sign in", "query")
	try("a round trip", "", func(o *sqlcheck.Options) { o.Table = "outcry_probe" }, "insert", "select", "delete")
	try("the value that is wanted", "", func(o *sqlcheck.Options) { o.Query, o.Want = "SELECT count(*) FROM outcry_probe", "0" })
	try("another value", probe.ReasonAnswer, func(o *sqlcheck.Options) { o.Query, o.Want = "SELECT 'primary'", "standby" })
	try("no row", probe.ReasonAnswer, func(o *sqlcheck.Options) { o.Query = "SELECT 1 FROM outcry_probe WHERE id = 'x'" })
	try("no table", probe.ReasonQuery, func(o *sqlcheck.Options) { o.Table = "nonesuch" })
	try("a query that is none", probe.ReasonQuery, func(o *sqlcheck.Options) { o.Query = "SELEKT" })
	try("a value of two megabytes", probe.ReasonTooLarge, func(o *sqlcheck.Options) { o.Query = "SELECT repeat('x', 2000000)" })
	try("a wrong password", probe.ReasonSignIn, func(o *sqlcheck.Options) { o.Password = config.Plain("other") })
	try("TLS, which it has not", probe.ReasonTLS, func(o *sqlcheck.Options) { o.Encrypted = true })
	stumbles(t, o, construct)
	server.Stop()
	try("stopped", probe.ReasonRefused, func(*sqlcheck.Options) {})
}

// as runs a command as the folder's owner: these servers refuse to be root.
func as(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", program, err, out)
	}
}

func TestAgainstPostgreSQL(t *testing.T) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		daemon.Missing(t, "no PostgreSQL: apt-get install postgresql")
	}
	bin := slices.MaxFunc(bins, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	dir := daemon.Folder(t, true)
	addr, port := daemon.FreePort(t)
	secret := filepath.Join(dir, "pw")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	as(t, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", "outcry", "-A", "scram-sha-256", "--pwfile="+secret, "-E", "UTF8", "--locale=C", "--no-sync")
	o := options("postgres://" + addr + "/postgres")
	o.Password, o.Query = config.Plain("s3cret"), "CREATE TABLE outcry_probe (id varchar(64) PRIMARY KEY, value varchar(64))"
	p, err := sqlcheck.NewPostgres(o, probe.Env{})
	server := daemon.Start(t, daemon.Spec{
		Program: filepath.Join(bin, "postgres"), Needs: "apt-get install postgresql", Dir: dir, User: true,
		Args: []string{"-D", data, "-k", dir, "-h", "127.0.0.1", "-p", port, "-F"},
		Ready: func() error { // the table is made by the first attempt, which gives no row
			if r := probetest.Attempt(t, p, err); r.Reason != probe.ReasonAnswer {
				return errors.New(r.Summary())
			}
			return nil
		},
	})
	o.Query = "SELECT 1"
	story(t, o, sqlcheck.NewPostgres, server)
}

func TestAgainstMariaDB(t *testing.T) {
	install := daemon.Find(t, "mariadb-install-db", "apt-get install mariadb-server")
	dir := daemon.Folder(t, true)
	addr, port := daemon.FreePort(t)
	data, script := filepath.Join(dir, "data"), filepath.Join(dir, "init.sql")
	err := os.WriteFile(script, []byte("CREATE DATABASE shop;\nCREATE USER outcry@'127.0.0.1' IDENTIFIED BY 's3cret';\nGRANT ALL ON shop.* TO outcry@'127.0.0.1';\n"+
		"CREATE TABLE shop.outcry_probe (id varchar(64) PRIMARY KEY, value varchar(64));\n"), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	as(t, dir, install, "--no-defaults", "--datadir="+data, "--skip-test-db", "--auth-root-authentication-method=normal")
	server := daemon.Start(t, daemon.Spec{
		Program: "mariadbd", Needs: "apt-get install mariadb-server", Dir: dir, User: true, Ready: daemon.Answers(addr),
		Args: []string{"--no-defaults", "--datadir=" + data, "--socket=" + filepath.Join(dir, "s"), "--pid-file=" + filepath.Join(dir, "pid"),
			"--bind-address=127.0.0.1", "--port=" + port, "--init-file=" + script, "--innodb-flush-log-at-trx-commit=0", "--skip-ssl", "--skip-name-resolve"},
	})
	o := options("mysql://" + addr + "/shop")
	o.Password = config.Plain("s3cret")
	story(t, o, sqlcheck.NewMySQL, server)
}
