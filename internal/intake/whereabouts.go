package intake

import "net/http"

// Whereabouts says where a request comes from, by the address under which its
// reports would count; what is not known is empty. Nothing of it is kept.
func (d *Door) Whereabouts(r *http.Request) (region, carrier string) {
	address, _ := d.client(r)
	p := d.locate(address)
	return p.Region, p.Carrier
}
