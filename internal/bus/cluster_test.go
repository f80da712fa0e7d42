package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/outcry/outcry"
)

// The leader dies while many publish and one consumes; later another server
// does, after the first has come back. Nothing that was acknowledged is lost,
// and nothing arrives twice or out of order.
func TestNothingAcknowledgedIsLostWithALeader(t *testing.T) {
	c := startCluster(t)
	b := openBus(t, Config{URLs: c.urls()})
	consumer := openBus(t, Config{URLs: c.urls()})

	var mu sync.Mutex
	acknowledged := map[string]bool{}
	stop := make(chan struct{})
	var publishers sync.WaitGroup
	for w := range 4 {
		publishers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				text := fmt.Sprint(w, "-", i)
				for attempt := 0; ; attempt++ {
					_, err := b.Publish(t.Context(), 0, text, []byte(text))
					if err == nil {
						break
					}
					if attempt == 5 {
						t.Errorf("publishing %s: %v", text, err)
						return
					}
				}
				mu.Lock()
				acknowledged[text] = true
				mu.Unlock()
			}
		})
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []Message
	consumed := make(chan error, 1)
	caughtUp := make(chan struct{})
	var target uint64
	go func() {
		consumed <- consumer.Consume(ctx, 0, 0, time.Time{}, func(ms []Message) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, ms...)
			if target > 0 && ms[len(ms)-1].Seq >= target {
				target = 0
				close(caughtUp)
			}
			return nil
		})
	}()
	more := func(n int) {
		before := count()
		await(t, "more to be acknowledged", func() bool { return count() >= before+n })
	}
	more(100)
	dead := c.killLeader()
	more(100)
	c.start(dead)
	more(100)
	c.killLeader()
	more(100)
	close(stop)
	publishers.Wait()

	last := publish(t, b, 0, "the end")[0]
	mu.Lock()
	target = last
	if n := len(got); n > 0 && got[n-1].Seq >= last {
		target = 0
		close(caughtUp)
	}
	mu.Unlock()
	select {
	case <-caughtUp:
	case err := <-consumed:
		t.Fatalf("consuming ended: %v", err)
	}
	cancel()
	if err := <-consumed; !errors.Is(err, context.Canceled) {
		t.Errorf("consuming ended with %v", err)
	}
	seen := map[string]bool{}
	for i, m := range got {
		if seen[string(m.Data)] {
			t.Errorf("%s was consumed twice", m.Data)
		}
		seen[string(m.Data)] = true
		if i > 0 && m.Seq <= got[i-1].Seq {
			t.Errorf("message %d came behind %d", m.Seq, got[i-1].Seq)
		}
	}
	for text := range acknowledged {
		if !seen[text] {
			t.Errorf("%s was acknowledged and never consumed", text)
		}
	}
}

func TestClusterWithoutQuorumIsUnavailable(t *testing.T) {
	c := startCluster(t)
	b := openBus(t, Config{URLs: c.urls()})
	publish(t, b, 0, "a")
	c.kill(0)
	c.kill(1)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := b.Publish(ctx, 0, "b", []byte("b")); outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("got %v, want %s", err, outcry.CodeUnavailable)
	}
	c.start(0)
	await(t, "a quorum", func() bool {
		_, err := b.Publish(t.Context(), 0, "c", []byte("c"))
		return err == nil
	})
}

// One instance at a time owns a partition; when it lets go the next one has it
// at once, when it is cut off within the lease.
func TestOwnershipIsHandedOver(t *testing.T) {
	c := startCluster(t)
	quick := leasePace{ttl: 6 * time.Second, doubt: 4 * time.Second, beat: 200 * time.Millisecond}
	config := Config{URLs: c.urls(), lease: quick}
	first, second := openBus(t, config), openBus(t, config)
	owned, release, err := first.Own(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	again, releaseAgain, err := first.Own(t.Context(), 0)
	if err != nil {
		t.Fatalf("an owner that asks again: %v", err)
	}
	releaseAgain()
	if again.Err() == nil || owned.Err() != nil {
		t.Error("letting go of one use ended the other, or not itself")
	}
	impatient, cancel := context.WithTimeout(t.Context(), 5*quick.beat)
	defer cancel()
	if _, _, err := second.Own(impatient, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a second owner got %v, want to wait", err)
	}
	release()
	owned, release, err = second.Own(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer release()

	second.conn.Close() // cut off, without a word
	takenOver := make(chan error, 1)
	go func() {
		_, release, err := first.Own(t.Context(), 0)
		if err == nil {
			release()
		}
		takenOver <- err
	}()
	select {
	case <-owned.Done():
		if cause := context.Cause(owned); outcry.CodeOf(cause) != outcry.CodeConflict {
			t.Errorf("whoever was cut off is told %v, want %s", cause, outcry.CodeConflict)
		}
	case err := <-takenOver:
		t.Errorf("taken over (%v) before the one before was told", err)
	}
	if err := <-takenOver; err != nil {
		t.Errorf("the next owner got %v", err)
	}
}

func TestServersThatSyncLateAreRefused(t *testing.T) {
	for _, careful := range []bool{true, false} {
		t.Run(fmt.Sprint("sync always is ", careful), func(t *testing.T) {
			c := startClusterWith(t, func(o *server.Options) {
				o.SyncAlways = careful || !strings.HasSuffix(o.ServerName, "2")
				system := server.NewAccount("SYS")
				people := server.NewAccount("APP")
				o.Accounts, o.SystemAccount = []*server.Account{system, people}, "SYS"
				o.Users = []*server.User{{Username: "sys", Password: "s", Account: system}, {Username: "app", Password: "a", Account: people}}
			})
			for _, n := range c.nodes {
				account, err := n.LookupAccount("APP")
				if err != nil {
					t.Fatal(err)
				}
				if err := account.EnableJetStream(nil, nil); err != nil {
					t.Fatal(err)
				}
			}
			with := func(user string) (urls []string) {
				for _, u := range c.urls() {
					urls = append(urls, strings.Replace(u, "nats://", "nats://"+user+"@", 1))
				}
				return urls
			}
			b, err := Open(t.Context(), Config{URLs: with("app:a"), SystemURLs: with("sys:s")}, testLog(t))
			if careful {
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if outcry.CodeOf(err) != outcry.CodeInvalid || !strings.Contains(err.Error(), "n2") {
				t.Errorf("got %v, want %s about n2", err, outcry.CodeInvalid)
			}
		})
	}
}
