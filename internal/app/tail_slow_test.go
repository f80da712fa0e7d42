//go:build slow

package app

import (
	"bufio"
	"io"
	"sync"
	"testing"
)

// tail keeps the last lines that a process logged: why a test of processes
// failed is known to them only.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const tailLines = 60

func (l *tail) read(in *bufio.Scanner, log io.Reader) {
	for in.Scan() {
		l.mu.Lock()
		l.lines = append(l.lines, in.Text())
		l.lines = l.lines[max(0, len(l.lines)-tailLines):]
		l.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, log) // a line too long; the process must not wait for us
}

// tell prints them if the test failed.
func (l *tail) tell(t *testing.T, name string) {
	if !t.Failed() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		t.Logf("%s: %s", name, line)
	}
}
