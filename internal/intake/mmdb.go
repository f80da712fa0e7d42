package intake

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/outcry/outcry"
)

// MMDB is a [Locator] on MaxMind-format files: a city or country database, and
// one of autonomous systems. Either may be missing.
type MMDB struct {
	city, asn *maxminddb.Reader
	cities    records[string]
	systems   records[system]
}

type system struct {
	carrier string
	number  uint32
}

// OpenMMDB opens the files at the paths; an empty path is no file.
func OpenMMDB(city, asn string) (*MMDB, error) {
	m := &MMDB{}
	for _, f := range []struct {
		path string
		to   **maxminddb.Reader
	}{{city, &m.city}, {asn, &m.asn}} {
		if f.path == "" {
			continue
		}
		r, err := maxminddb.Open(f.path)
		if err != nil {
			return nil, errors.Join(outcry.Wrap(outcry.CodeInvalid, err, "opening the address database %s", f.path), m.Close())
		}
		*f.to = r
	}
	return m, nil
}

// Close closes the files.
func (m *MMDB) Close() error {
	var err error
	for _, r := range []*maxminddb.Reader{m.city, m.asn} {
		if r != nil {
			err = errors.Join(err, r.Close())
		}
	}
	return err
}

// Locate implements [Locator]. What is not in the files, or cannot be read
// there, is zero.
func (m *MMDB) Locate(a netip.Addr) Place {
	s := m.systems.of(m.asn, a, decodeSystem)
	return Place{Region: m.cities.of(m.city, a, decodeRegion), Carrier: s.carrier, ASN: s.number}
}

func decodeRegion(r maxminddb.Result) string {
	var c struct {
		Country struct {
			ISO string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
		Subdivisions []struct {
			ISO string `maxminddb:"iso_code"`
		} `maxminddb:"subdivisions"`
	}
	if err := r.Decode(&c); err != nil || c.Country.ISO == "" {
		return "" // damaged or silent: not known
	}
	if len(c.Subdivisions) > 0 && c.Subdivisions[0].ISO != "" {
		return c.Country.ISO + "-" + c.Subdivisions[0].ISO
	}
	return c.Country.ISO
}

func decodeSystem(r maxminddb.Result) system {
	var s struct {
		Number uint32 `maxminddb:"autonomous_system_number"`
		Name   string `maxminddb:"autonomous_system_organization"`
	}
	if err := r.Decode(&s); err != nil {
		return system{} // damaged: not known
	}
	return system{carrier: s.Name, number: s.Number}
}

// records remembers what lies where in a file: decoding takes twenty times as
// long as finding, and few records serve most of the people.
type records[T any] struct {
	known sync.Map // offset in the file → T
	count atomic.Int64
}

// keptRecords bounds the memory of records, then it begins anew.
const keptRecords = 1 << 16

func (c *records[T]) of(file *maxminddb.Reader, a netip.Addr, decode func(maxminddb.Result) T) (none T) {
	if file == nil {
		return none
	}
	r := file.Lookup(a)
	if !r.Found() {
		return none
	}
	if v, ok := c.known.Load(r.Offset()); ok {
		return v.(T)
	}
	if c.count.Add(1) > keptRecords {
		c.known.Clear()
		c.count.Store(0)
	}
	v := decode(r)
	c.known.Store(r.Offset(), v)
	return v
}
