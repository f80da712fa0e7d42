package page

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"reflect"
	"time"
)

// printer takes fingerprints of what documents are made of: every field of a
// value counts, by reflection, so that none that is added later can be
// forgotten. Its seed is of this process, and so are the fingerprints: nobody
// who fills a field can aim at one, and they stand in no document.
type printer struct{ seed maphash.Seed }

// of gives the fingerprint of some values, in their order.
func (p printer) of(values ...any) uint64 {
	var h hasher
	h.SetSeed(p.seed)
	for _, v := range values {
		h.value(reflect.ValueOf(v))
	}
	return h.Sum64()
}

// hasher takes in values.
type hasher struct{ maphash.Hash }

// value takes in one. A kind that no world holds is a mistake of ours.
func (h *hasher) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid: // a nil
		h.number(0)
	case reflect.String:
		h.number(uint64(v.Len())) //nolint:gosec // not negative
		_, _ = h.WriteString(v.String())
	case reflect.Bool:
		h.number(bit(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		h.number(uint64(v.Int())) //nolint:gosec // the bits, not the number
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		h.number(v.Uint())
	case reflect.Float32, reflect.Float64:
		h.number(math.Float64bits(v.Float()))
	case reflect.Pointer:
		if h.number(bit(v.IsNil())); !v.IsNil() {
			h.value(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		h.list(v)
	case reflect.Struct:
		h.fields(v)
	default:
		panic(fmt.Sprintf("page: no fingerprint of a %s", v.Type()))
	}
}

func (h *hasher) fields(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		t, _ := v.Interface().(time.Time)
		h.number(uint64(t.Unix()))       //nolint:gosec // the bits
		h.number(uint64(t.Nanosecond())) //nolint:gosec // not negative
		return
	}
	for i := range v.NumField() {
		h.value(v.Field(i))
	}
}

func (h *hasher) list(v reflect.Value) {
	h.number(uint64(v.Len())) //nolint:gosec // not negative
	if v.Type() == reflect.TypeFor[[]Bin]() {
		bins, _ := v.Interface().([]Bin)
		h.series(bins)
		return
	}
	for i := range v.Len() {
		h.value(v.Index(i))
	}
}

// series takes in a day's bins: most of what is known of a service, and the one
// thing for which reflection is too slow.
func (h *hasher) series(bins []Bin) {
	var one [25]byte
	for i := range bins {
		b := &bins[i]
		binary.LittleEndian.PutUint64(one[:], uint64(b.At.Unix()))        //nolint:gosec // the bits
		binary.LittleEndian.PutUint32(one[8:], uint32(b.At.Nanosecond())) //nolint:gosec // below 10⁹
		binary.LittleEndian.PutUint32(one[12:], b.Reports)
		binary.LittleEndian.PutUint64(one[16:], math.Float64bits(b.Usual))
		one[24] = byte(bit(b.Blind))
		_, _ = h.Write(one[:])
	}
}

func (h *hasher) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = h.Write(b[:])
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
