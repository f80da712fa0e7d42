// Package daemon starts real servers for tests: one process each, in a folder
// of its own, on a port that was free, dead when the test is over.
//
//	addr, port := daemon.FreePort(t)
//	daemon.Start(t, daemon.Spec{
//	        Program: "redis-server", Needs: "apt-get install redis-server",
//	        Args: []string{"--port", port}, Ready: func() error { … },
//	})
//
// A program that is not installed fails the test where CI is set, and skips it
// elsewhere, saying why.
package daemon

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/testutil/buffer"
)

// Spec says what to start.
type Spec struct {
	Program string // a name to be found in PATH, /usr/sbin or /usr/lib/*, or a path
	Needs   string // how to install it
	Args    []string
	Env     []string     // on top of the test's own
	Dir     string       // empty: a new one
	User    bool         // not as root: as nobody, when the test runs as root
	Ready   func() error // nil once it answers
	Stdout  io.Writer    // beside the log; may be nil
}

// patience is how long a server may take to answer, on a machine that is busy
// with other things.
const patience = 60 * time.Second

// Find gives the program's path, or skips or fails the test.
func Find(t testing.TB, program, needs string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/usr/bin/", "/usr/local/bin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	Missing(t, "%s is not installed: %s", program, needs)
	return ""
}

// Missing fails the test where CI is set, and skips it elsewhere.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Folder makes a short-named folder, removed at the end, that the server may
// write to.
func Folder(t testing.TB, nobody bool) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "outcry-") //nolint:usetesting // not the test's own: sockets need short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // what is left is in the temporary folder
	if c := credential(t, nobody); c != nil {
		if err := os.Chown(dir, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func credential(t testing.TB, nobody bool) *syscall.Credential {
	t.Helper()
	if !nobody || os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if uerr != nil || gerr != nil {
		t.Fatal(uerr, gerr)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// Process is a server that runs.
type Process struct {
	cmd  *exec.Cmd
	log  *buffer.Buffer
	once sync.Once
	done chan struct{}
}

// Start starts a server and waits until it answers. It is killed when the test
// is over.
func Start(t testing.TB, s Spec) *Process {
	t.Helper()
	path := Find(t, s.Program, s.Needs)
	if s.Dir == "" {
		s.Dir = Folder(t, s.User)
	}
	p := &Process{cmd: exec.Command(path, s.Args...), log: &buffer.Buffer{}, done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = s.Dir, append(os.Environ(), s.Env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: credential(t, s.User)}
	p.cmd.Stderr, p.cmd.Stdout = p.log, io.Writer(p.log)
	if s.Stdout != nil {
		p.cmd.Stdout = io.MultiWriter(p.log, s.Stdout)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() //nolint:errcheck // it was killed, or Ready tells
		close(p.done)
	}()
	t.Cleanup(p.Stop)
	p.await(t, filepath.Base(path), s.Ready)
	return p
}

// Stop ends the server, also before the end of the test.
func (p *Process) Stop() {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may be over already
		select {
		case <-p.done:
		case <-time.After(5 * time.Second):
			_ = p.cmd.Process.Kill() //nolint:errcheck // as above
			<-p.done
		}
	})
}

// Signal sends the server a signal.
func (p *Process) Signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Log is what it has printed so far.
func (p *Process) Log() string { return p.log.String() }

func (p *Process) await(t testing.TB, name string, ready func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-p.done:
			t.Fatalf("%s ended: %s", name, p.Log())
		case <-ctx.Done():
			t.Fatalf("%s did not start: %v: %s", name, err, p.Log())
		}
	}
}

// Answers gives a Ready that connects by TCP.
func Answers(addr string) func() error {
	return func() error {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		return c.Close()
	}
}

// Ports below those that the system gives to whoever dials or asks for any
// (ip_local_port_range begins at 32768): a server that starts a moment later
// finds its port still free.
const (
	firstPort = 12000
	ports     = 20000
)

// FreePort gives a loopback address, "127.0.0.1:PORT", whose port is free for TCP
// and UDP alike and of those that nobody is handed by chance, and its port.
func FreePort(t testing.TB) (addr, port string) {
	t.Helper()
	for range 100 {
		port = strconv.Itoa(firstPort + rand.IntN(ports))
		if addr = net.JoinHostPort("127.0.0.1", port); free(addr) {
			return addr, port
		}
	}
	t.Fatal("no port is free")
	return "", ""
}

func free(addr string) bool {
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return false
	}
	defer l.Close() //nolint:errcheck // that is what it is for
	c, err := net.ListenPacket("udp4", addr)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// FreeUDP is [FreePort]: both are free.
func FreeUDP(t testing.TB) (addr, port string) {
	t.Helper()
	return FreePort(t)
}

// NodeModules gives the folder of a module of npm that `./test` installs, or
// skips or fails the test.
func NodeModules(t testing.TB, module string) string {
	t.Helper()
	cache := os.Getenv("OUTCRY_TEST_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(dir, "outcry-test")
	}
	folder := filepath.Join(cache, "node_modules")
	if _, err := os.Stat(filepath.Join(folder, module)); err != nil {
		Missing(t, "the module %s of npm is not there: npm install --prefix %s %s", module, cache, module)
	}
	return folder
}
