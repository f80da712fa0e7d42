package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcry/outcry"
)

// opener opens the backend's stream, with the configuration changed.
type opener func(change func(*Config)) *Bus

// TestEveryBackend is the suite: what each way to have a stream must do.
func TestEveryBackend(t *testing.T) {
	cases := []struct {
		sentence string
		test     func(t *testing.T, open opener)
	}{
		{"messages come back in order", messagesComeBackInOrder},
		{"repeat under one ID is stored once", repeatUnderOneIDIsStoredOnce},
		{"consume begins where it is told", consumeBeginsWhereItIsTold},
		{"consume waits for what is not there yet", consumeWaitsForWhatIsNotThereYet},
		{"partitions are apart", partitionsAreApart},
		{"handlers error ends consuming", handlersErrorEndsConsuming},
		{"trim drops only what is counted", trimDropsOnlyWhatIsCounted},
		{"extent tells one stream from another", extentTellsOneStreamFromAnother},
		{"full stream refuses until trimmed", fullStreamRefusesUntilTrimmed},
		{"message beyond the payload is refused", messageBeyondThePayloadIsRefused},
		{"many messages arrive complete and once", manyMessagesArriveCompleteAndOnce},
		{"replays clock is carried", replaysClockIsCarried},
	}
	for _, k := range backends() {
		t.Run(k.name, func(t *testing.T) {
			fresh := k.start(t)
			for _, c := range cases {
				t.Run(c.sentence, func(t *testing.T) {
					config := fresh(t)
					c.test(t, func(change func(*Config)) *Bus {
						if change != nil {
							change(&config)
						}
						return openBus(t, config)
					})
				})
			}
		})
	}
}

func messagesComeBackInOrder(t *testing.T, open opener) {
	b := open(nil)
	seqs := publish(t, b, 0, "a", "b", "c")
	got := collect(t, b, 0, 0, time.Time{}, 3)
	if w := words(got); w != "a b c" {
		t.Errorf("consumed %q, want a b c", w)
	}
	for i, m := range got {
		if m.Seq != seqs[i] {
			t.Errorf("message %s has number %d, was published as %d", m.Data, m.Seq, seqs[i])
		}
		if age := time.Since(m.At); age < 0 || age > time.Minute {
			t.Errorf("message %s was stored %v ago", m.Data, age)
		}
	}
	if got[2].Pending != 0 {
		t.Errorf("behind the last message wait %d", got[2].Pending)
	}
	last, err := b.Last(t.Context(), 0)
	if err != nil || last != seqs[2] {
		t.Errorf("last is %d, %v; want %d", last, err, seqs[2])
	}
}

func repeatUnderOneIDIsStoredOnce(t *testing.T, open opener) {
	b := open(nil)
	first := publish(t, b, 0, "a", "b")
	if again := publish(t, b, 0, "a"); again[0] != first[0] {
		t.Errorf("the repeat is number %d, want that of the first, %d", again[0], first[0])
	}
	publish(t, b, 0, "c")
	if w := words(collect(t, b, 0, 0, time.Time{}, 3)); w != "a b c" {
		t.Errorf("consumed %q, want a b c", w)
	}
}

func consumeBeginsWhereItIsTold(t *testing.T, open opener) {
	b := open(nil)
	seqs := publish(t, b, 0, "a", "b", "c", "d")
	stored := collect(t, b, 0, 0, time.Time{}, 4)
	for _, c := range []struct {
		sentence string
		after    uint64
		since    time.Time
		want     string
	}{
		{"without a time, behind the number", seqs[1], time.Time{}, "c d"},
		{"a time before that number's comes first", seqs[2], stored[1].At, "b c d"},
		{"a time after that number's waits for the number", seqs[0], stored[3].At, "b c d"},
		{"a time in the future takes nothing away", seqs[1], time.Now().Add(time.Hour), "c d"},
		{"all are counted, and memory needs some of them", seqs[3], stored[2].At, "c d"},
		{"a time before everything", seqs[3], time.Unix(0, 0), "a b c d"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			got := collect(t, b, 0, c.after, c.since, len(strings.Fields(c.want)))
			if w := words(got); w != c.want {
				t.Errorf("consumed %q, want %q", w, c.want)
			}
		})
	}
}

func consumeWaitsForWhatIsNotThereYet(t *testing.T, open opener) {
	b := open(nil)
	before := publish(t, b, 0, "a")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	got := make(chan Message, 10)
	done := make(chan error, 1)
	go func() {
		done <- b.Consume(ctx, 0, before[0], time.Now().Add(time.Minute), func(ms []Message) error {
			for _, m := range ms {
				got <- m
			}
			return nil
		})
	}()
	publish(t, b, 0, "b")
	if m := <-got; string(m.Data) != "b" {
		t.Errorf("consumed %s, want b", m.Data)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("consuming ended with %v, want the context's error", err)
	}
}

func partitionsAreApart(t *testing.T, open opener) {
	b := open(func(c *Config) { c.Partitions = 3 })
	publish(t, b, 2, "c1")
	publish(t, b, 0, "a1")
	publish(t, b, 2, "c2")
	if w := words(collect(t, b, 2, 0, time.Time{}, 2)); w != "c1 c2" {
		t.Errorf("partition 2 has %q, want c1 c2", w)
	}
	if last, err := b.Last(t.Context(), 1); last != 0 || err != nil {
		t.Errorf("the last of an empty partition is %d, %v; want 0", last, err)
	}
	for _, p := range []int{-1, 3} {
		if _, err := b.Publish(t.Context(), p, "x", nil); outcry.CodeOf(err) != outcry.CodeInvalid {
			t.Errorf("partition %d gave %v, want %s", p, err, outcry.CodeInvalid)
		}
	}
}

func handlersErrorEndsConsuming(t *testing.T, open opener) {
	b := open(nil)
	publish(t, b, 0, "a")
	stop := errors.New("the store is away")
	if err := b.Consume(t.Context(), 0, 0, time.Time{}, func([]Message) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the handler's error", err)
	}
}

func trimDropsOnlyWhatIsCounted(t *testing.T, open opener) {
	b := open(func(c *Config) { c.Partitions = 2 })
	publish(t, b, 1, "other")
	publish(t, b, 0, "a")
	last := publish(t, b, 0, "b")[0]
	publish(t, b, 0, "c")
	publish(t, b, 1, "another")
	middle := collect(t, b, 0, 0, time.Time{}, 3)[2].At
	e, err := b.Extent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Time
		want uint64
		why  string
	}{
		{middle, last, "when one was stored"},
		{middle.Add(-time.Hour), e.First - 1, "before all"},
		{middle.Add(time.Hour), e.Last, "after all"},
	} {
		if got, err := b.Before(t.Context(), e, c.at); err != nil || got != c.want {
			t.Errorf("%s: the last one before is %d, %v; want %d", c.why, got, err, c.want)
		}
	}
	if err := b.Trim(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if w := words(collect(t, b, 0, 0, time.Time{}, 1)); w != "c" {
		t.Errorf("left is %q, want c", w)
	}
	if w := words(collect(t, b, 1, 0, time.Time{}, 1)); w != "another" {
		t.Errorf("the other partition has %q, want another", w)
	}
	trimmed, err := b.Extent(t.Context())
	if err != nil || trimmed.First != last+1 || trimmed.Last != e.Last || trimmed.Bytes >= e.Bytes {
		t.Errorf("it is %+v after trimming %+v up to %d, %v", trimmed, e, last, err)
	}
}

// A stream that was deleted and made again is another one; one that is opened
// again, also with other limits, is the same.
func extentTellsOneStreamFromAnother(t *testing.T, open opener) {
	b := open(nil)
	publish(t, b, 0, "a", "b")
	first, err := b.Extent(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first.Last-first.First != 1 || first.Bytes == 0 {
		t.Errorf("two messages are %+v", first)
	}
	b.config.MaxBytes = 1 << 30
	if err := b.makeStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	same, err := b.Extent(t.Context())
	if err != nil || !same.Born.Equal(first.Born) || same.MaxBytes != 1<<30 {
		t.Errorf("with another limit it is %+v, %v; it was %+v", same, err, first)
	}
	if err := b.js.DeleteStream(t.Context(), streamName); err != nil {
		t.Fatal(err)
	}
	if err := b.makeStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := b.Extent(t.Context())
	if err != nil || other.Born.Equal(first.Born) || other.Last != 0 {
		t.Errorf("made again it is %+v, %v; it was %+v", other, err, first)
	}
}

func fullStreamRefusesUntilTrimmed(t *testing.T, open opener) {
	b := open(func(c *Config) { c.MaxBytes = 64 << 10 })
	big := strings.Repeat("x", 20<<10)
	var last uint64
	var err error
	for i := 0; err == nil && i < 10; i++ {
		var seq uint64
		if seq, err = b.Publish(t.Context(), 0, fmt.Sprint(i), []byte(big)); err == nil {
			last = seq
		}
	}
	if outcry.CodeOf(err) != outcry.CodeUnavailable || last == 0 {
		t.Fatalf("after message %d the full stream gave %v, want %s", last, err, outcry.CodeUnavailable)
	}
	if err := b.Ready(t.Context()); outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("a full stream is ready: %v", err)
	}
	if err := b.Trim(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	publish(t, b, 0, "room again")
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("a stream with room is not ready: %v", err)
	}
}

func messageBeyondThePayloadIsRefused(t *testing.T, open opener) {
	b := open(nil)
	_, err := b.Publish(t.Context(), 0, "id", make([]byte, maxPayload+1))
	if outcry.CodeOf(err) != outcry.CodeTooLarge {
		t.Errorf("got %v, want %s", err, outcry.CodeTooLarge)
	}
}

func manyMessagesArriveCompleteAndOnce(t *testing.T, open opener) {
	b := open(nil)
	const n = 500
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint(i))
	}
	var publishing sync.WaitGroup
	defer publishing.Wait()
	publishing.Go(func() {
		for _, w := range want {
			if _, err := b.Publish(t.Context(), 0, w, []byte(w)); err != nil {
				t.Errorf("publishing %s: %v", w, err)
				return
			}
		}
	})
	got := strings.Fields(words(collect(t, b, 0, 0, time.Time{}, n)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("consumed (-want +got):\n%s", diff)
	}
}

func replaysClockIsCarried(t *testing.T, open opener) {
	at := time.Date(2024, 5, 16, 21, 39, 0, 5e6, time.UTC)
	b := open(func(c *Config) { c.Clock = func() time.Time { return at } })
	publish(t, b, 0, "a")
	if got := collect(t, b, 0, 0, time.Time{}, 1)[0].At; !got.Equal(at) {
		t.Errorf("message is of %v, want the replay's %v", got, at)
	}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	for field, c := range map[string]Config{
		"dir":        {},
		"partitions": {Memory: true, Partitions: 5000},
		"replicas":   {Memory: true, Replicas: 3},
		"max_age":    {Memory: true, MaxAge: time.Second, Duplicates: time.Minute},
		"tls":        {URLs: []string{"nats://127.0.0.1:1"}, Cert: "cert.pem"},
	} {
		_, err := Open(t.Context(), c, testLog(t))
		var wrong *outcry.Error
		if !errors.As(err, &wrong) || wrong.Code != outcry.CodeInvalid || wrong.Field != field {
			t.Errorf("%s: got %v, want %s about that field", field, err, outcry.CodeInvalid)
		}
	}
	_, err := Open(t.Context(), Config{URLs: []string{"nats://127.0.0.1:1"}}, testLog(t))
	if outcry.CodeOf(err) != outcry.CodeUnavailable {
		t.Errorf("a cluster that is not there gave %v, want %s", err, outcry.CodeUnavailable)
	}
}
