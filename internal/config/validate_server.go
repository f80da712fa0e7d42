package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	forever = 100 * 365 * 24 * time.Hour
	// mostListeners is about 8 GiB of them.
	mostListeners = 1_000_000
)

// server verifies where the process listens and keeps its data.
func (v *validator) server() {
	v.listenAddress("listen", v.Listen)
	if v.AdminListen != AdminOff {
		v.listenAddress("admin_listen", v.AdminListen)
	}
	if v.AdminListen == v.Listen {
		v.bad("admin_listen", "must not be the public listener's address %s", v.Listen)
	}
	if v.MaxListeners < 1 || v.MaxListeners > mostListeners {
		v.bad("max_listeners", "must be from 1 to %d", mostListeners)
	}
	if v.Data == "" {
		v.bad("data", "must be a folder")
	}
	v.otlp()
	v.nats()
	v.store()
	v.bus()
	r := v.Retention
	v.within("retention.ticks", r.Ticks, 48*time.Hour, forever)
	v.within("retention.minutes", r.Minutes, r.Ticks, forever)
	v.within("retention.hours", r.Hours, r.Minutes, forever)
	v.within("retention.incidents", r.Incidents, 0, forever)
}

// otlp verifies the listener of metrics.
func (v *validator) otlp() {
	o := v.Intake.OTLP
	if o.GRPC != "" {
		v.listenAddress("intake.otlp.grpc", o.GRPC)
	}
	if o.GRPC != "" && (o.GRPC == v.Listen || o.GRPC == v.AdminListen) {
		v.bad("intake.otlp.grpc", "must be an address of its own, not that of listen or admin_listen")
	}
	if (o.Cert == "") != (o.Key == "") {
		v.bad("intake.otlp", "cert and key go together")
	}
	if o.GRPC == "" && o.Cert != "" {
		v.bad("intake.otlp.cert", "is of no use without an address, intake.otlp.grpc")
	}
}

// nats verifies the listener of remote vantages.
func (v *validator) nats() {
	n := v.Intake.NATS
	if (n.Cert == "") != (n.Key == "") {
		v.bad("intake.nats", "cert and key go together")
	}
	if n.Listen == "" {
		if n.Cert != "" {
			v.bad("intake.nats.cert", "is of no use without an address, intake.nats.listen")
		}
		return
	}
	v.listenAddress("intake.nats.listen", n.Listen)
	if slices.Contains([]string{v.Listen, v.AdminListen, v.Intake.OTLP.GRPC}, n.Listen) {
		v.bad("intake.nats.listen", "must be an address of its own, not that of listen, admin_listen or intake.otlp.grpc")
	}
	if host, _, err := net.SplitHostPort(n.Listen); err == nil && n.Cert == "" && !nearby(host) {
		v.bad("intake.nats.listen", "tokens would go over the network in the clear: give cert and key, or the address of a private network")
	}
}

func (v *validator) store() {
	dsn := v.Store.DSN.plain
	if dsn == "" {
		return
	}
	if strings.HasPrefix(dsn, "sqlite:") {
		return
	}
	u, err := url.Parse(dsn)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" {
		v.bad("store.dsn", "must be sqlite:PATH or postgres://USER@HOST/DATABASE") // it may hold a password: not repeated
		return
	}
	if _, secret := u.User.Password(); secret || u.Query().Has("password") {
		v.bad("store.dsn", "a password must not stand in the file: give the whole address as {file: PATH} or {env: NAME}")
	}
}

func (v *validator) bus() {
	b := v.Bus
	for i, raw := range b.URLs {
		path := fmt.Sprintf("bus.urls[%d]", i)
		u := v.url(path, raw, "nats", "tls", "ws", "wss")
		if u != nil && u.User != nil {
			v.bad(path, "a user or password must not stand in the file: name a .creds file in bus.credentials")
		}
	}
	v.between("bus.partitions", b.Partitions, 1, 256)
	if !slices.Contains([]int{0, 1, 3, 5}, b.Replicas) {
		v.bad("bus.replicas", "%d is none of 0, 1, 3, 5", b.Replicas)
	}
	if b.Replicas > 1 && len(b.URLs) == 0 {
		v.bad("bus.replicas", "an embedded stream has no replicas: name a cluster in bus.urls")
	}
	if (b.TLS.Cert == "") != (b.TLS.Key == "") {
		v.bad("bus.tls", "cert and key go together")
	}
	v.within("bus.max_age", b.MaxAge, 2*time.Hour, forever) // counting rebuilds its memory of repeats from the stream
	v.within("bus.duplicates", b.Duplicates, time.Second, 24*time.Hour)
	if b.MaxBytes < 64<<20 {
		v.bad("bus.max_bytes", "%d bytes are too few: at least 64MiB", b.MaxBytes)
	}
}

// url verifies an address, by its schemes. It is nil when it is wrong or empty.
func (v *validator) url(path, raw string, schemes ...string) *url.URL {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		v.bad(path, "is not a URL: write %s://HOST/…", schemes[0])
		return nil
	case !slices.Contains(schemes, u.Scheme):
		v.bad(path, "a URL of %s is expected, not %s", strings.Join(schemes, ", "), u.Scheme)
		return nil
	default:
		return u
	}
}

// listenAddress verifies [HOST]:PORT; port 0 is any free one.
func (v *validator) listenAddress(path, addr string) {
	if err := hostPort(addr, false); err != nil {
		v.bad(path, "%s", err)
	}
}

func hostPort(addr string, needHost bool) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || (needHost && host == "") {
		return fmt.Errorf("%q is not an address: write HOST:PORT", addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is not a port: a number up to 65535", port)
	}
	return nil
}

// networks verifies a list of CIDR blocks and addresses, and host names where
// those are allowed.
func (v *validator) networks(path string, list []string, names bool) {
	for i, s := range list {
		if _, err := netip.ParsePrefix(s); err == nil {
			continue
		}
		if _, err := netip.ParseAddr(s); err == nil {
			continue
		}
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case names && hostName(s):
		case names:
			v.bad(at, "%q is no network, address or host name: 10.0.0.0/8, 127.0.0.1, intranet.example.com", s)
		default:
			v.bad(at, "%q is no network or address: 10.0.0.0/8, 127.0.0.1", s)
		}
	}
}

// hostName reports whether s can be the name of a host: labels of letters,
// digits and dashes (RFC 1123), the last not a number, which would be a
// mistyped address.
func hostName(s string) bool {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(s), "."), ".")
	for _, l := range labels {
		if !idPattern.MatchString(l) {
			return false
		}
	}
	_, err := strconv.Atoi(labels[len(labels)-1])
	return err != nil && len(s) <= 253 && !strings.Contains(s, "/")
}
