package count

// distinct counts the different numbers it was given: exactly up to a limit,
// then by a sketch. A zero stands for somebody unknown and counts each time.
type distinct struct {
	anonymous uint32
	n         uint32
	table     []uint64 // open addressing; 0 is free
	sketch    *sketch  // set once n has passed the limit; table is gone then
}

func (d *distinct) add(v uint64, exact int) {
	switch {
	case v == 0:
		d.anonymous++
	case d.sketch != nil:
		d.sketch.add(v)
	case d.insert(v) && int(d.n) > exact:
		d.sketch = new(sketch)
		for _, v := range d.table {
			if v != 0 {
				d.sketch.add(v)
			}
		}
		d.table = nil
	}
}

// insert reports whether v was new.
func (d *distinct) insert(v uint64) bool {
	if int(d.n)*4 >= len(d.table)*3 {
		d.grow()
	}
	i := slot(d.table, v)
	if d.table[i] == v {
		return false
	}
	d.table[i] = v
	d.n++
	return true
}

func (d *distinct) grow() {
	old := d.table
	d.table = make([]uint64, max(4, 2*len(old)))
	for _, v := range old {
		if v != 0 {
			d.table[slot(d.table, v)] = v
		}
	}
}

// slot finds v, or the free place for it, in a table of 2^k places.
func slot(table []uint64, v uint64) uint64 {
	mask := uint64(len(table) - 1)
	i := mix(v) & mask
	for table[i] != 0 && table[i] != v {
		i = (i + 1) & mask
	}
	return i
}

// estimate is the number of different values so far. It never falls.
func (d *distinct) estimate(exact int) uint32 {
	if d.sketch == nil {
		return d.anonymous + d.n
	}
	return d.anonymous + max(uint32(exact), d.sketch.estimate())
}

// mix spreads a number over all 64 bits (the finaliser of SplitMix64), so that
// pseudonyms that were not hashed well do no harm.
func mix(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
