package count

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"math"
	"slices"
	"time"

	"github.com/outcry/outcry"
)

// memory is a snapshot's form.
type memory struct {
	Version int
	Window  int64 // the window that was running
	Streams []streamMemory
}

type streamMemory struct {
	Service string
	Kind    outcry.Kind
	Habits  habits
}

const snapshotVersion = 1

// Window numbers the running network window. What [Abacus.Snapshot] gives
// changes only when it does.
func (a *Abacus) Window() int64 { return a.window }

// Snapshot gives what has been learned of the usual crowds, to be stored and
// given to [Abacus.Restore] after a restart.
func (a *Abacus) Snapshot() ([]byte, error) {
	m := memory{Version: snapshotVersion, Window: a.window}
	for key, st := range a.streams {
		if st.usual.Windows > 0 {
			m.Streams = append(m.Streams, streamMemory{key.service, key.kind, st.usual})
		}
	}
	slices.SortFunc(m.Streams, func(x, y streamMemory) int {
		return cmp.Or(cmp.Compare(x.Service, y.Service), cmp.Compare(x.Kind, y.Kind))
	})
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(m); err != nil {
		return nil, outcry.Wrap(outcry.CodeInternal, err, "writing the counter's snapshot")
	}
	return b.Bytes(), nil
}

// Restore takes a snapshot into a new abacus. It returns the instant from which
// the stream has to be read again for this snapshot; read from there or from
// the position's time less [Abacus.Rebuild], whichever is earlier. An error of
// CodeInvalid means that the snapshot is damaged or of another version; the
// abacus then goes on without one, and learns anew.
func (a *Abacus) Restore(snapshot []byte) (time.Time, error) {
	var m memory
	if err := gob.NewDecoder(bytes.NewReader(snapshot)).Decode(&m); err != nil {
		return time.Time{}, outcry.Wrap(outcry.CodeInvalid, err, "reading the counter's snapshot")
	}
	if m.Version != snapshotVersion {
		return time.Time{}, outcry.Errorf(outcry.CodeInvalid, "the counter's snapshot is of version %d, not %d", m.Version, snapshotVersion)
	}
	for _, s := range m.Streams {
		if err := s.Habits.check(); err != nil {
			return time.Time{}, outcry.Wrap(outcry.CodeInvalid, err, "the counter's snapshot of %s", s.Service)
		}
	}
	for _, s := range m.Streams {
		a.stream(streamKey{s.Service, s.Kind}).usual = s.Habits
	}
	start := outcry.Tick(m.Window) * max(1, outcry.Ticks(a.cfg.NetworkWindow))
	return start.Start().Add(-a.cfg.memory()), nil
}

func (h *habits) check() error {
	for _, s := range []shares{h.Nets, h.Wides, h.Agents} {
		for i, e := range s {
			if math.IsNaN(e.Part) || e.Part < 0 || e.Part > 1.001 || (i > 0 && s[i-1].Key >= e.Key) {
				return outcry.Errorf(outcry.CodeInvalid, "entry %d of the shares is out of place", i)
			}
		}
	}
	return nil
}
