package outcry

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func drawSignal(t *rapid.T) Signal {
	text := rapid.OneOf(
		rapid.Just(""),
		rapid.SampledFrom([]string{"imessage", "not-delivered", "US-TX", "AT&T", "東京", "\x00<b>"}),
		rapid.StringN(0, 100, MaxSignalText),
	)
	number := rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64())
	return Signal{
		Kind:    Kind(rapid.IntRange(int(KindReport), int(KindMetric)).Draw(t, "kind")),
		Outcome: Outcome(rapid.IntRange(int(Bad), int(Unknown)).Draw(t, "outcome")),
		At:      time.UnixMilli(rapid.Int64Range(-62135596800000, 253402300799999).Draw(t, "ms")).UTC(),
		Service: text.Draw(t, "service"),
		Symptom: text.Draw(t, "symptom"),
		Scope: Scope{
			Region: text.Draw(t, "region"), Carrier: text.Draw(t, "carrier"), Platform: text.Draw(t, "platform"),
			Version: text.Draw(t, "version"), Segment: text.Draw(t, "segment"),
		},
		Vantage:  text.Draw(t, "vantage"),
		Reason:   text.Draw(t, "reason"),
		Latency:  time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "latency")) * time.Millisecond,
		Reporter: number.Draw(t, "reporter"),
		Network:  number.Draw(t, "network"),
		Wide:     number.Draw(t, "wide"),
		Agent:    rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32()).Draw(t, "agent"),
		Count:    rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32Max(MaxCount)).Draw(t, "count"),
		ID:       number.Draw(t, "id"),
	}
}

func TestBatchGivesBackWhatItWasMadeOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOfN(rapid.Custom(drawSignal), 0, 60).Draw(t, "signals")
		data, err := AppendSignals([]byte("before"), in)
		if err != nil {
			t.Fatalf("encoding: %v", err)
		}
		data, found := bytes.CutPrefix(data, []byte("before"))
		if !found {
			t.Fatal("what stood in front of the batch is gone")
		}
		first := Signal{Service: "first"}
		out, err := DecodeSignals([]Signal{first}, data)
		if err != nil {
			t.Fatalf("decoding: %v", err)
		}
		if diff := cmp.Diff(append([]Signal{first}, in...), out); diff != "" {
			t.Fatalf("decoded signals differ (-in +out):\n%s", diff)
		}
	})
}

func TestBatchCutShortIsRefused(t *testing.T) {
	data, err := AppendSignals(nil, sampleSignals(20))
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		out, err := DecodeSignals(nil, data[:n])
		if CodeOf(err) != CodeInvalid || len(out) != 0 {
			t.Fatalf("first %d of %d bytes: %d signals and error %v, want none and %s", n, len(data), len(out), err, CodeInvalid)
		}
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	good, err := AppendSignals(nil, sampleSignals(3))
	if err != nil {
		t.Fatal(err)
	}
	huge := []byte{batchVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}
	for name, data := range map[string][]byte{
		"nothing at all is not a batch":              {},
		"an unknown version is not guessed at":       append([]byte{9}, good[1:]...),
		"bytes after the last signal are not hidden": append(bytes.Clone(good), 0),
		"a count beyond the data allocates nothing":  huge,
		"a table beyond the data allocates nothing":  {batchVersion, 0xff, 0xff, 0x7f},
		"a kind that does not exist":                 {batchVersion, 0, 1, 0, 0, 15, 0},
		"a count beyond its bound":                   {batchVersion, 0, 1, 0, 0x80, 7, 0, 0xff, 0xff, 0xff, 0xff},
		"a text that is not in the table":            {batchVersion, 0, 1, 1, 0, 1, 0, 7},
		"a text longer than the limit":               append([]byte{batchVersion, 1, 0x81, 0x20}, make([]byte, 5000)...),
	} {
		t.Run(name, func(t *testing.T) {
			out, err := DecodeSignals(nil, data)
			if CodeOf(err) != CodeInvalid || out != nil {
				t.Errorf("got %v, %v; want nothing and %s", out, err, CodeInvalid)
			}
		})
	}
}

func TestSignalsThatCannotBeEncoded(t *testing.T) {
	for name, s := range map[string]Signal{
		"a signal without a kind":      {},
		"an outcome that is not known": {Kind: KindReport, Outcome: 3},
		"a count beyond its bound":     {Kind: KindMetric, Count: MaxCount + 1},
		"a text beyond the limit":      {Kind: KindReport, Reason: strings.Repeat("x", MaxSignalText+1)},
		"a year that JSON cannot say":  {Kind: KindReport, At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := AppendSignals([]byte{1}, []Signal{s})
			if CodeOf(err) != CodeInvalid || len(out) != 1 {
				t.Errorf("got %d bytes and %v, want the one before and %s", len(out), err, CodeInvalid)
			}
		})
	}
	if _, err := AppendSignals(nil, make([]Signal, MaxBatch+1)); CodeOf(err) != CodeInvalid {
		t.Errorf("a batch over the limit gave %v, want %s", err, CodeInvalid)
	}
}

func FuzzDecodeSignals(f *testing.F) {
	for _, n := range []int{0, 1, 30} {
		data, err := AppendSignals(nil, sampleSignals(n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		signals, err := DecodeSignals(nil, data)
		if err != nil {
			if CodeOf(err) != CodeInvalid {
				t.Fatalf("refused with %s, want %s", CodeOf(err), CodeInvalid)
			}
			return
		}
		again, err := AppendSignals(nil, signals)
		if err != nil {
			t.Fatalf("what was decoded cannot be encoded: %v", err)
		}
		back, err := DecodeSignals(nil, again)
		if err != nil {
			t.Fatalf("what was encoded cannot be decoded: %v", err)
		}
		if diff := cmp.Diff(signals, back); diff != "" {
			t.Fatalf("second round differs:\n%s", diff)
		}
	})
}

// sampleSignals resembles an outage: few services, many people.
func sampleSignals(n int) []Signal {
	regions := []string{"US-CA", "US-TX", "US-NY", "GB", "DE", "other"}
	carriers := []string{"Verizon", "AT&T", "T-Mobile", "EE"}
	out := make([]Signal, n)
	for i := range out {
		h := uint64(i+1) * 0x9e3779b97f4a7c15
		out[i] = Signal{
			Kind: KindReport, At: time.UnixMilli(1715895540000 + int64(i)*3).UTC(),
			Service: []string{"imessage", "facetime"}[h>>60&1], Symptom: "not-delivered",
			Scope:    Scope{Region: regions[h>>32%6], Carrier: carriers[h>>40%4], Platform: "ios"},
			Reporter: h, Network: h >> 8, Wide: h >> 16, Agent: uint32(h >> 3),
		}
	}
	return out
}

func BenchmarkDecodeSignals(b *testing.B) {
	for _, n := range []int{1, 500, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data, err := AppendSignals(nil, sampleSignals(n))
			if err != nil {
				b.Fatal(err)
			}
			var out []Signal
			b.ReportAllocs()
			for b.Loop() {
				if out, err = DecodeSignals(out[:0], data); err != nil {
					b.Fatal(err)
				}
			}
			reportRate(b, n, len(data))
		})
	}
}

func BenchmarkAppendSignals(b *testing.B) {
	for _, n := range []int{1, 500, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			in := sampleSignals(n)
			var data []byte
			var err error
			b.ReportAllocs()
			for b.Loop() {
				if data, err = AppendSignals(data[:0], in); err != nil {
					b.Fatal(err)
				}
			}
			reportRate(b, n, len(data))
		})
	}
}

func reportRate(b *testing.B, signals, bytes int) {
	b.ReportMetric(float64(signals)*float64(b.N)/b.Elapsed().Seconds(), "signals/s")
	b.ReportMetric(float64(bytes)/float64(signals), "bytes/signal")
}
