package bus

import (
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// delivered is a message as the server would deliver it.
type delivered struct {
	jetstream.Msg
	number uint64
}

func (d delivered) Data() []byte         { return []byte{byte(d.number)} }
func (d delivered) Headers() nats.Header { return nil }

func (d delivered) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Consumer: d.number, Stream: d.number}}, nil
}

// A backlog of more than one batch loses nothing where one batch ends and the
// next begins.
func TestBacklogIsTakenWhole(t *testing.T) {
	const backlog = 3*readAhead + 5
	messages := make(chan jetstream.Msg, backlog)
	for i := range uint64(backlog) {
		messages <- delivered{number: i + 1}
	}
	r := &reader{}
	expected := uint64(1)
	taken := 0
	for len(messages) > 0 {
		batch, err := r.waiting(messages, nil, &expected)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 || len(batch) > readAhead {
			t.Fatalf("a batch has %d messages, want 1 to %d", len(batch), readAhead)
		}
		taken += len(batch)
	}
	if taken != backlog {
		t.Errorf("%d messages were taken, want %d", taken, backlog)
	}
}

func TestGapInDeliveryIsNoticed(t *testing.T) {
	messages := make(chan jetstream.Msg, 2)
	messages <- delivered{number: 1}
	messages <- delivered{number: 3}
	expected := uint64(1)
	if _, err := (&reader{}).waiting(messages, nil, &expected); err == nil {
		t.Error("message 2 was missed, and nobody noticed")
	}
}
