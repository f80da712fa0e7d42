package sqlcheck_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/sqlcheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(url string) sqlcheck.Options {
	var o sqlcheck.Options
	o.SetDefaults()
	o.URL, o.User, o.Password, o.Encrypted = url, "outcry", config.Plain("hunter2hunter2"), false
	return o
}

// greets gives a server that speaks first.
func greets(text string, then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, text) //nolint:errcheck // the client tells
		then(c)
	}
}

// The greeting of a MySQL 8 server (protocol 10), as it stands in the manual.
const mysqlGreeting = "\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00mysql_native_password\x00"

func TestServersThatMisbehave(t *testing.T) {
	pgRefusal := func(code string) string {
		body := "SFATAL\x00VFATAL\x00C" + code + "\x00Mno\x00\x00"
		return "E" + string([]byte{0, 0, 0, byte(len(body) + 4)}) + body
	}
	pgReady := "S\x00\x00\x00\x23standard_conforming_strings\x00on\x00S\x00\x00\x00\x19client_encoding\x00UTF8\x00R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"
	for _, c := range []struct {
		says, proto string
		serve       func(net.Conn)
		reason      probe.Reason
	}{
		{"says nothing", "both", probetest.Stall, probe.ReasonTimeout},
		{"hangs up at once", "both", probetest.Close, probe.ReasonReset},
		{"hangs up when asked", "postgres", probetest.CloseAfterRequest, probe.ReasonReset},
		{"garbage", "postgres", probetest.Garbage, probe.ReasonProtocol},
		{"garbage", "mysql", greets("\x05\x00\x00\x00\xffabcd", probetest.Stall), probe.ReasonQuery},
		{"a message of a gigabyte", "postgres", probetest.Say("R\x40\x00\x00\x00xxxx"), probe.ReasonTooLarge},
		{"is starting", "postgres", probetest.Say(pgRefusal("57P03")), probe.ReasonNotServing},
		{"has no connection left", "postgres", probetest.Say(pgRefusal("53300")), probe.ReasonNotServing},
		{"refuses the password", "postgres", probetest.Say(pgRefusal("28P01")), probe.ReasonSignIn},
		{"does not know the database", "postgres", probetest.Say(pgRefusal("3D000")), probe.ReasonQuery},
		{"stalls at the query", "postgres", probetest.Say(pgReady), probe.ReasonReset},
		{"stalls after the sign-in", "postgres", func(c net.Conn) { probetest.Say(pgReady)(c); probetest.Stall(c) }, probe.ReasonTimeout},
		{"stalls after its greeting", "mysql", greets(mysqlGreeting, probetest.Stall), probe.ReasonTimeout},
		{"hangs up after its greeting", "mysql", greets(mysqlGreeting, probetest.CloseAfterRequest), probe.ReasonReset},
		{"has no connection left", "mysql", greets("\x17\x00\x00\x00\xff\x10\x04Too many connections", probetest.Stall), probe.ReasonNotServing},
		{"HTTP", "mysql", greets("HTTP/1.1 200 OK\r\n\r\n", probetest.Stall), probe.ReasonProtocol},
	} {
		addr := probetest.Serve(t, c.serve)
		if c.proto != "mysql" {
			p, err := sqlcheck.NewPostgres(options("postgres://"+addr+"/shop"), probe.Env{})
			probetest.Want(t, "PostgreSQL that "+c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
		}
		if c.proto != "postgres" {
			p, err := sqlcheck.NewMySQL(options("mysql://"+addr+"/shop"), probe.Env{})
			probetest.Want(t, "MySQL that "+c.says, probetest.Within(t, p, err, probetest.Patience(c.reason)), c.reason)
		}
	}
}

func TestNoPasswordIsSentInTheClear(t *testing.T) {
	heard := make(chan string, 1)
	asks := func(c net.Conn) { // for the password as it is
		buf := make([]byte, 4096)
		c.Read(buf)                                            //nolint:errcheck // the start-up
		io.WriteString(c, "R\x00\x00\x00\x08\x00\x00\x00\x03") //nolint:errcheck // the client tells
		n, _ := c.Read(buf)
		heard <- string(buf[:n])
	}
	p, err := sqlcheck.NewPostgres(options("postgres://"+probetest.Serve(t, asks)+"/shop"), probe.Env{})
	r := probetest.Attempt(t, p, err)
	probetest.Want(t, "it is asked for in the clear", r, probe.ReasonSignIn)
	if got := <-heard; strings.Contains(got, "hunter2") {
		t.Errorf("the password went out in the clear: %q", got)
	}
	if strings.Contains(r.Detail, "hunter2") {
		t.Error("the password is shown:", r.Detail)
	}
}

func TestServerWithoutTLS(t *testing.T) {
	o := options("postgres://" + probetest.Serve(t, probetest.Say("N")) + "/shop")
	o.Encrypted = true
	p, err := sqlcheck.NewPostgres(o, probe.Env{})
	probetest.Want(t, "PostgreSQL that has no TLS", probetest.Attempt(t, p, err), probe.ReasonTLS)
	plain := strings.Replace(mysqlGreeting, "\xff\xff\xff\x02", "\xff\xf7\xff\x02", 1) // without CLIENT_SSL
	o = options("mysql://" + probetest.Serve(t, greets(plain, probetest.Stall)) + "/shop")
	o.Encrypted = true
	p, err = sqlcheck.NewMySQL(o, probe.Env{})
	probetest.Want(t, "MySQL that has no TLS", probetest.Attempt(t, p, err), probe.ReasonTLS)
}

func TestNewRefuses(t *testing.T) {
	for says, change := range map[string]func(*sqlcheck.Options){
		"another scheme":            func(o *sqlcheck.Options) { o.URL = "mysql://a/b" },
		"no database":               func(o *sqlcheck.Options) { o.URL = "postgres://a" },
		"a password in the URL":     func(o *sqlcheck.Options) { o.URL = "postgres://a:b@c/d" },
		"parameters":                func(o *sqlcheck.Options) { o.URL = "postgres://c/d?sslmode=disable" },
		"a table that is no name":   func(o *sqlcheck.Options) { o.Table = "a; DROP TABLE b" },
		"a query of blanks":         func(o *sqlcheck.Options) { o.Query = " " },
		"roots that are not a file": func(o *sqlcheck.Options) { o.Encrypted = true; o.TLS.CA = "/nonesuch" },
	} {
		o := options("postgres://a/b")
		change(&o)
		if _, err := sqlcheck.NewPostgres(o, probe.Env{}); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("%s: %v", says, err)
		}
	}
}
