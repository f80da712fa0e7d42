package probetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// What a child is told by its environment.
const (
	childOptions = "OUTCRY_TEST_CHILD_OPTIONS"
	childData    = "OUTCRY_TEST_CHILD_DATA"
)

// childTime is how long a child's attempt may take: it is killed before.
const childTime = 2 * time.Minute

// child makes the one attempt of a process that [StartChild] has started.
func child(text string, typ probe.Type) int {
	n, err := config.ParseNode("child", []byte(text))
	if err != nil {
		fmt.Println("cannot read the options:", err)
		return 2
	}
	p, err := typ(n.Decode, probe.Env{Data: os.Getenv(childData), Self: "child"})
	if err != nil {
		fmt.Println("cannot make the check:", err)
		return 2
	}
	r := probe.Attempt(context.Background(), p, childTime)
	fmt.Println(r.Summary())
	if r.Reason != "" {
		return 1
	}
	return 0
}

// Child is one attempt in a process of its own.
type Child struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
	once sync.Once
}

// StartChild starts an attempt with options in YAML, as the configuration has
// them; env gives the secrets that they name. The package's TestMain must be
// [Main], with one type.
func StartChild(t testing.TB, options, data string, env ...string) *Child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{cmd: exec.Command(self), done: make(chan struct{})} //nolint:noctx // it is killed
	c.cmd.Env = append(append(os.Environ(), childOptions+"="+options, childData+"="+data), env...)
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.out
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait() //nolint:errcheck // it was killed, or has said why
		close(c.done)
	}()
	t.Cleanup(c.Kill)
	return c
}

// Kill ends it by SIGKILL, in the middle of whatever it does, and waits until
// it is gone.
func (c *Child) Kill() {
	c.once.Do(func() { _ = c.cmd.Process.Kill() }) //nolint:errcheck // it may be over
	<-c.done
}

// Ended tells whether it came to its end by itself, and what it said.
func (c *Child) Ended() (said string, is bool) {
	select {
	case <-c.done:
		return c.out.String(), true
	default:
		return "", false
	}
}
