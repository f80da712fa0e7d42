package httpcheck

import (
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/probe"
)

// Pool makes the probers of type http, which share transports where their
// settings are the same.
type Pool struct {
	mu      sync.Mutex
	ways    map[settings]*way
	headers map[string]http.Header // by user agent
	buffers sync.Pool              // of *bytes.Buffer, for bodies
}

// NewPool makes an empty pool.
func NewPool() *Pool {
	return &Pool{ways: make(map[settings]*way), headers: make(map[string]http.Header)}
}

// plainHeader is the header of requests that send nothing of their own.
func (p *Pool) plainHeader(env probe.Env) http.Header {
	p.mu.Lock()
	defer p.mu.Unlock()
	agent := env.Agent()
	if p.headers[agent] == nil {
		p.headers[agent] = http.Header{"User-Agent": {agent}}
	}
	return p.headers[agent]
}

// way is how requests go out.
type way struct {
	transport *http.Transport
	lane      *lane // for those that it takes; nil: there is none
}

// settings are all that ways differ by.
type settings struct {
	tls   probe.TLSOptions
	proxy string
	own   bool // for a host that the operator wrote
	fresh bool // keeps no connection
}

// Sizes of a transport. The buffers are small because there is a pair for
// every endpoint; an answer that is larger costs some more reads.
const (
	bufferSize    = 512
	maxHeader     = 256 << 10 // bytes of an answer's header
	idlePerHost   = 16
	idleTimeout   = 150 * time.Second // so that checks every two minutes still find theirs
	h2PingAfter   = 30 * time.Second  // an HTTP/2 connection that is silent for this long is tested
	h2PingTimeout = 5 * time.Second
)

// way gives the one for the settings, made when it is the first.
func (p *Pool) way(s settings, env probe.Env) (*way, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w, ok := p.ways[s]; ok {
		return w, nil
	}
	dialer := env.Guard.Dialer(env.Resolver)
	if s.own {
		dialer = env.Own()
	}
	if s.fresh {
		dialer = dialer.Brief()
	}
	t, err := newTransport(s, env, dialer)
	if err != nil {
		return nil, err
	}
	w := &way{transport: t}
	if s.proxy == "" {
		w.lane = newLane(dialer.DialContext, !s.fresh)
	}
	p.ways[s] = w
	return w, nil
}

// RoundTrip implements [http.RoundTripper].
func (w *way) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.lane.takes(req) {
		return w.lane.RoundTrip(req)
	}
	return w.transport.RoundTrip(req) //nolint:wrapcheck // the client tells what was asked, and of whom
}

func newTransport(s settings, env probe.Env, dialer *netguard.Dialer) (*http.Transport, error) {
	cfg, err := s.tls.Config(env, "")
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        cfg,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // no bombs, and assertions see what is sent
		DisableKeepAlives:      s.fresh,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         bufferSize,
		WriteBufferSize:        bufferSize,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: h2PingAfter, PingTimeout: h2PingTimeout},
	}
	return t, viaProxy(t, s.proxy, env)
}

// viaProxy has a transport go through the operator's proxy, which may be
// anywhere. What lies behind the proxy is for the proxy to guard.
func viaProxy(t *http.Transport, raw string, env probe.Env) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5") {
		return outcry.FieldErrorf("proxy", "must look like http://host:port or socks5://host:port")
	}
	t.Proxy, t.DialContext = http.ProxyURL(u), env.Own().DialContext
	return nil
}

// Close closes all connections that are not in use.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.ways {
		w.transport.CloseIdleConnections()
		if w.lane != nil {
			w.lane.shelf.close()
		}
	}
	return nil
}
