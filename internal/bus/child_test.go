package bus

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/outcry/outcry"
)

// Some faults need a process of their own, to be killed or to be kept from
// writing: the test's binary, run again with these variables.
const (
	childJob = "OUTCRY_BUS_CHILD"
	childDir = "OUTCRY_BUS_DIR"
)

// childMain does the job of a child process; false in the test itself.
func childMain() bool {
	job := map[string]func(*Bus) error{"publish": childPublish, "full": childFull}[os.Getenv(childJob)]
	if job == nil {
		return false
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	b, err := Open(context.Background(), Config{Dir: os.Getenv(childDir)}, log)
	if err == nil {
		err = job(b)
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	return true
}

// childPublish publishes from several goroutines until it is killed, and says
// what was acknowledged.
func childPublish(b *Bus) error {
	acknowledged := make(chan string)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				text := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if _, err := b.Publish(context.Background(), 0, text, []byte(text)); err == nil {
					acknowledged <- text
				}
			}
		}()
	}
	for text := range acknowledged {
		fmt.Println(text)
	}
	return nil
}

// childFull publishes with a limit on the size of files, which the kernel
// enforces as it does a full disk, then without.
func childFull(b *Bus) error {
	var unlimited unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 2 << 20, Max: unlimited.Max}); err != nil {
		return err
	}
	data := make([]byte, 100<<10)
	stored := 0
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		if _, err = b.Publish(context.Background(), 0, fmt.Sprint("before ", i), data); err == nil {
			stored++
		}
	}
	fmt.Println("stored", stored, "then", outcry.CodeOf(err))
	start := time.Now()
	_, err = b.Publish(context.Background(), 0, "during", data)
	fmt.Println("during", outcry.CodeOf(err), time.Since(start) < time.Second)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unlimited); err != nil {
		return err
	}
	for i := 0; ; i++ { // the test has a deadline
		if _, err = b.Publish(context.Background(), 0, fmt.Sprint("after ", i), data); err == nil {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	seen := 0
	err = b.Consume(ctx, 0, 0, time.Time{}, func(ms []Message) error {
		if seen += len(ms); seen > stored {
			cancel()
		}
		return nil
	})
	if seen != stored+1 {
		return fmt.Errorf("%d messages are there, want %d: %w", seen, stored+1, err)
	}
	fmt.Println("recovered")
	return b.Close()
}

func child(t *testing.T, job, dir string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childJob+"="+job, childDir+"="+dir)
	c.Stderr = t.Output()
	return c
}

// kill -9 at any moment: whatever was acknowledged is there, once, and the
// stream opens again.
func TestNothingAcknowledgedIsLostByKilling(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range 8 {
		c := child(t, "publish", dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if strings.HasPrefix(lines.Text(), "failed") {
				t.Fatal(lines.Text())
			}
			acknowledged[lines.Text()] = true
			if n == 20+37*round {
				if err := c.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
	}
	b := openBus(t, Config{Dir: dir})
	last, err := b.Last(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]int{}
	for _, m := range collect(t, b, 0, 0, time.Time{}, int(last)) {
		stored[string(m.Data)]++
	}
	for text := range acknowledged {
		if stored[text] != 1 {
			t.Errorf("%s was acknowledged and is stored %d times", text, stored[text])
		}
	}
	if len(acknowledged) < 500 {
		t.Errorf("only %d were acknowledged", len(acknowledged))
	}
}

func TestFailedWriteHealsWithSpace(t *testing.T) {
	out, err := child(t, "full", t.TempDir()).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 3 {
		t.Fatalf("the child said %q", lines)
	}
	var stored int
	var code outcry.Code
	if _, err := fmt.Sscanf(lines[0], "stored %d then %s", &stored, &code); err != nil || stored < 5 || code != outcry.CodeUnavailable {
		t.Errorf("at the limit: %q, want some stored, then %s", lines[0], outcry.CodeUnavailable)
	}
	if want := "during " + string(outcry.CodeUnavailable) + " " + strconv.FormatBool(true); lines[1] != want {
		t.Errorf("while it lasts: %q, want %q", lines[1], want)
	}
	if lines[2] != "recovered" {
		t.Errorf("afterwards: %q", lines[2])
	}
}
