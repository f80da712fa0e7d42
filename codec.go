package outcry

import (
	"encoding/binary"
	"slices"
)

// The bounds of one encoded batch. A batch within them takes at most about
// 15 MB when decoded, whatever its bytes say.
const (
	MaxBatch      = 1 << 16 // signals in one batch
	MaxSignalText = 1 << 10 // bytes of one text of a signal
)

// batchVersion is the first byte of every batch. Decoders refuse others.
const batchVersion = 1

// Which fields follow in a signal's record; an absent one is zero.
const (
	hasService = 1 << iota
	hasSymptom
	hasRegion
	hasCarrier
	hasPlatform
	hasVersion
	hasSegment
	hasVantage
	hasReason
	hasLatency
	hasReporter
	hasNetwork
	hasWide
	hasAgent
	hasID
	hasCount
)

// signalTexts is how many texts a signal has: the first bits of its fields.
const signalTexts = 9

// recordMin is the length of the shortest record: fields, kind, time.
const recordMin = 4

// texts lists the signal's texts in the order of their field bits.
func (s *Signal) texts() [signalTexts]*string {
	return [...]*string{
		&s.Service, &s.Symptom, &s.Scope.Region, &s.Scope.Carrier, &s.Scope.Platform,
		&s.Scope.Version, &s.Scope.Segment, &s.Vantage, &s.Reason,
	}
}

// AppendSignals appends the signals to dst as one batch: the form in which they
// lie in the stream. Times and latencies are kept to the millisecond.
//
// A batch is: the version; the number of texts, and each text; the number of
// signals, and for each its fields (uint16), its outcome and kind (one byte),
// its time as a difference to the one before, and the fields that it has, texts
// as numbers of the table. Lengths, numbers and differences are varints,
// pseudonyms fixed, all little-endian.
//
// It fails with CodeInvalid on a signal that [DecodeSignals] would refuse.
func AppendSignals(dst []byte, signals []Signal) ([]byte, error) {
	if len(signals) > MaxBatch {
		return dst, Errorf(CodeInvalid, "batch of %d signals, at most %d are allowed", len(signals), MaxBatch)
	}
	t := textTable{}
	records := make([]byte, 0, 64*len(signals))
	var before int64
	for i := range signals {
		if err := signals[i].encodable(); err != nil {
			return dst, err
		}
		at := signals[i].At.UnixMilli()
		records = t.appendRecord(records, &signals[i], at-before)
		before = at
	}
	dst = append(dst, batchVersion)
	dst = binary.AppendUvarint(dst, uint64(len(t.list)))
	for _, s := range t.list {
		dst = binary.AppendUvarint(dst, uint64(len(s)))
		dst = append(dst, s...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(signals)))
	return append(dst, records...), nil
}

// encodable checks what a decoder will check again.
func (s *Signal) encodable() error {
	if !validKind(s.Kind, s.Outcome) {
		return Errorf(CodeInvalid, "signal of kind %d and outcome %d, which do not exist", s.Kind, s.Outcome)
	}
	for _, text := range s.texts() {
		if len(*text) > MaxSignalText {
			return Errorf(CodeInvalid, "signal with a text of %d bytes, at most %d are allowed", len(*text), MaxSignalText)
		}
	}
	if s.Count > MaxCount {
		return Errorf(CodeInvalid, "signal with a count of %d, at most %d are allowed", s.Count, MaxCount)
	}
	if !validTime(s.At.UnixMilli()) {
		return Errorf(CodeInvalid, "signal with a time that is out of range")
	}
	return nil
}

func validKind(k Kind, o Outcome) bool {
	return k != 0 && int(k) < len(kindNames) && o <= Unknown
}

// validTime bounds times to the years 1 to 9999, which JSON can carry.
func validTime(ms int64) bool {
	return ms >= -62135596800000 && ms <= 253402300799999
}

// textTable numbers the distinct texts of one batch.
type textTable struct {
	list    []string
	numbers map[string]uint64   // made when the list is too long to search
	last    [signalTexts]uint64 // the number of each field's text in the record before
}

// searchable is up to how many texts a plain search beats a map.
const searchable = 8

func (t *textTable) number(field int, s string) uint64 {
	if n := t.last[field]; n < uint64(len(t.list)) && t.list[n] == s {
		return n
	}
	n, found := t.find(s)
	if !found {
		n = uint64(len(t.list))
		t.list = append(t.list, s)
		if t.numbers != nil {
			t.numbers[s] = n
		}
	}
	t.last[field] = n
	return n
}

func (t *textTable) find(s string) (uint64, bool) {
	if len(t.list) <= searchable {
		n := slices.Index(t.list, s)
		return uint64(max(n, 0)), n >= 0
	}
	if t.numbers == nil {
		t.numbers = make(map[string]uint64, 4*searchable)
		for n, s := range t.list {
			t.numbers[s] = uint64(n)
		}
	}
	n, found := t.numbers[s]
	return n, found
}

func (t *textTable) appendRecord(dst []byte, s *Signal, after int64) []byte {
	head := len(dst)
	dst = append(dst, 0, 0, byte(s.Outcome)<<4|byte(s.Kind))
	dst = binary.AppendVarint(dst, after)
	var fields uint16
	for i, text := range s.texts() {
		if *text != "" {
			fields |= 1 << i
			dst = binary.AppendUvarint(dst, t.number(i, *text))
		}
	}
	if ms := s.Latency.Milliseconds(); ms != 0 {
		fields |= hasLatency
		dst = binary.AppendVarint(dst, ms)
	}
	dst, more := s.appendPseudonyms(dst)
	binary.LittleEndian.PutUint16(dst[head:], fields|more)
	return dst
}

func (s *Signal) appendPseudonyms(dst []byte) (out []byte, fields uint16) {
	if s.Reporter != 0 {
		fields |= hasReporter
		dst = binary.LittleEndian.AppendUint64(dst, s.Reporter)
	}
	if s.Network != 0 {
		fields |= hasNetwork
		dst = binary.LittleEndian.AppendUint64(dst, s.Network)
	}
	if s.Wide != 0 {
		fields |= hasWide
		dst = binary.LittleEndian.AppendUint64(dst, s.Wide)
	}
	if s.Agent != 0 {
		fields |= hasAgent
		dst = binary.LittleEndian.AppendUint32(dst, s.Agent)
	}
	if s.ID != 0 {
		fields |= hasID
		dst = binary.LittleEndian.AppendUint64(dst, s.ID)
	}
	if s.Count != 0 {
		fields |= hasCount
		dst = binary.LittleEndian.AppendUint32(dst, s.Count)
	}
	return dst, fields
}
