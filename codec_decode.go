package outcry

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// DecodeSignals appends the batch's signals to dst. What is not one whole batch
// is refused with CodeInvalid, and dst returned as it was. Nothing of data is
// kept, but texts of one batch share memory: clone one that outlives the rest.
func DecodeSignals(dst []Signal, data []byte) ([]Signal, error) {
	r := batchReader{data: data}
	if v := r.byte(); v != batchVersion {
		return dst, Errorf(CodeInvalid, "batch of signals in version %d, only %d is known", v, batchVersion)
	}
	r.readTable()
	n := r.uvarint()
	if n > MaxBatch || n*recordMin > uint64(len(r.data)) {
		r.bad = true
	}
	if r.bad {
		return dst, errBatch()
	}
	out := slices.Grow(dst, int(n))
	for range n {
		out = append(out, Signal{})
		r.readRecord(&out[len(out)-1])
	}
	if r.bad || len(r.data) != 0 {
		clear(out[len(dst):])
		return dst, errBatch()
	}
	return out, nil
}

func errBatch() error { return Errorf(CodeInvalid, "batch of signals is damaged") }

// batchReader takes a batch apart. After the first damage everything reads as
// zero, so that only the end needs to be checked.
type batchReader struct {
	data  []byte
	table []string
	ms    int64 // time of the record before
	bad   bool
}

func (r *batchReader) take(n int) []byte {
	if n > len(r.data) {
		r.bad, r.data = true, nil
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *batchReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *batchReader) uvarint() uint64 {
	if len(r.data) > 0 && r.data[0] < 0x80 { // nearly all of them
		v := uint64(r.data[0])
		r.data = r.data[1:]
		return v
	}
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.bad, r.data = true, nil
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *batchReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *batchReader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *batchReader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// readTable makes one string of all texts, and the table of pieces of it.
func (r *batchReader) readTable() {
	n := r.uvarint()
	if n > MaxBatch*signalTexts || n > uint64(len(r.data)) {
		r.bad = true
		return
	}
	r.table = make([]string, 0, n)
	start := r.data
	all := 0
	ends := make([][2]int, 0, n)
	for range n {
		size := r.uvarint()
		if size > MaxSignalText {
			r.bad = true
			return
		}
		from := len(start) - len(r.data)
		r.take(int(size))
		if r.bad {
			return
		}
		all = from + int(size)
		ends = append(ends, [2]int{from, all})
	}
	text := string(start[:all])
	for _, e := range ends {
		r.table = append(r.table, text[e[0]:e[1]])
	}
}

func (r *batchReader) text() string {
	n := r.uvarint()
	if n >= uint64(len(r.table)) {
		r.bad = true
		return ""
	}
	return r.table[n]
}

func (r *batchReader) readRecord(s *Signal) {
	head := r.take(3)
	if head == nil {
		return
	}
	fields := binary.LittleEndian.Uint16(head)
	s.Kind, s.Outcome = Kind(head[2]&0xf), Outcome(head[2]>>4)
	r.ms += r.varint()
	if !validKind(s.Kind, s.Outcome) || !validTime(r.ms) {
		r.bad = true
		return
	}
	s.At = time.UnixMilli(r.ms).UTC()
	r.readTexts(s, fields)
	if fields&hasLatency != 0 {
		s.Latency = r.latency()
	}
	if fields&hasReporter != 0 {
		s.Reporter = r.uint64()
	}
	if fields&hasNetwork != 0 {
		s.Network = r.uint64()
	}
	if fields&hasWide != 0 {
		s.Wide = r.uint64()
	}
	if fields&hasAgent != 0 {
		s.Agent = r.uint32()
	}
	if fields&hasID != 0 {
		s.ID = r.uint64()
	}
	if fields&hasCount != 0 {
		s.Count = r.uint32()
		r.bad = r.bad || s.Count > MaxCount
	}
}

func (r *batchReader) readTexts(s *Signal, fields uint16) {
	if fields&(1<<signalTexts-1) == 0 {
		return
	}
	for i, text := range s.texts() {
		if fields&(1<<i) != 0 {
			*text = r.text()
		}
	}
}

// latency refuses what would overflow a duration.
func (r *batchReader) latency() time.Duration {
	ms := r.varint()
	if ms > math.MaxInt64/int64(time.Millisecond) || ms < math.MinInt64/int64(time.Millisecond) {
		r.bad = true
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}
