package hap

import (
	"errors"
	"fmt"
)

// Types of TLV items: table 5-6.
const (
	typeMethod     = 0x00
	typeIdentifier = 0x01
	typeSalt       = 0x02
	typePublicKey  = 0x03
	typeProof      = 0x04
	typeEncrypted  = 0x05
	typeState      = 0x06
	typeError      = 0x07
	typeSignature  = 0x0A
)

// maxFragment is the longest value of one item: longer ones are split over
// items of the same type (14.1).
const maxFragment = 255

var errTLV = errors.New("a TLV item is cut off")

// tlv is a message of pairing: values by type. Lists, which repeat types with
// separators between, do not occur in what we exchange.
type tlv map[byte][]byte

// parseTLV reads a message. A value in fragments is put together again; a
// type that comes a second time for another reason is an error.
func parseTLV(b []byte) (tlv, error) {
	t := tlv{}
	open := -1 // the type whose last fragment was full
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil, errTLV
		}
		kind, value := b[0], b[2:2+int(b[1])]
		b = b[2+int(b[1]):]
		if _, seen := t[kind]; seen && open != int(kind) {
			return nil, fmt.Errorf("TLV item %#02x comes twice", kind)
		}
		t[kind] = append(t[kind], value...)
		open = -1
		if len(value) == maxFragment {
			open = int(kind)
		}
	}
	return t, nil
}

// item is a type and its value, for encoding in order.
type item struct {
	kind  byte
	value []byte
}

func encodeTLV(items ...item) []byte {
	var b []byte
	for _, i := range items {
		v := i.value
		for len(v) > maxFragment {
			b = append(append(b, i.kind, maxFragment), v[:maxFragment]...)
			v = v[maxFragment:]
		}
		b = append(append(b, i.kind, byte(len(v))), v...)
	}
	return b
}

func state(n byte) item { return item{typeState, []byte{n}} }
