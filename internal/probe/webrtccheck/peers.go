package webrtccheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"github.com/outcry/outcry/internal/probe"
)

// pair is two peers that see each other through the relay only.
type pair struct {
	caller, callee *webrtc.PeerConnection
	track          *webrtc.TrackLocalStaticRTP // the caller's
	sound          chan heard                  // that comes back to it
	states         chan webrtc.PeerConnectionState
	done           chan struct{}
	busy           sync.WaitGroup // calls of the library that cannot be stopped
}

// newPair makes the peers, with the server's address in place of its name: it
// was looked up, and the guard has let it through.
func (p *prober) newPair(ctx context.Context, user account, remote string) (*pair, error) {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return nil, fmt.Errorf("read the server's address: %w", err)
	}
	api, err := p.api(ctx, ap.Addr())
	if err != nil {
		return nil, err
	}
	cfg := webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		// TLS is done by the dialer: to the peers it is TCP.
		ICEServers: []webrtc.ICEServer{{URLs: []string{"turn:" + ap.String() + "?transport=" + p.turn.network}, Username: user.user, Credential: user.password}},
	}
	l := &pair{sound: make(chan heard, 64), states: make(chan webrtc.PeerConnectionState, 64), done: make(chan struct{})}
	if l.caller, err = api.NewPeerConnection(cfg); err != nil {
		return nil, fmt.Errorf("make the calling peer: %w", err)
	}
	if l.callee, err = api.NewPeerConnection(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("make the called peer: %w", err), l.caller.GracefulClose())
	}
	if err := l.tracks(); err != nil {
		l.close(ctx)
		return nil, err
	}
	return l, nil
}

// api is WebRTC as the check wants it: G.711 alone, relays alone, silent.
func (p *prober) api(ctx context.Context, server netip.Addr) (*webrtc.API, error) {
	var media webrtc.MediaEngine
	err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: pcmu(), PayloadType: 0}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return nil, fmt.Errorf("register G.711: %w", err)
	}
	var s webrtc.SettingEngine
	s.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetRelayAcceptanceMinWait(0)
	s.SetIncludeLoopbackCandidate(true)
	s.SetICEProxyDialer(&dialer{ctx: ctx, p: p})
	types := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4}
	if server.Unmap().Is6() {
		types = []webrtc.NetworkType{webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP6}
	}
	s.SetNetworkTypes(types)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{})), nil
}

func pcmu() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000, Channels: 1}
}

// dialer connects the peers to the server by TCP, and does the handshake when
// that is TLS. It has a context because the interface that it serves has none.
type dialer struct {
	ctx context.Context //nolint:containedctx // as above
	p   *prober
}

// Dial implements proxy.Dialer of x/net.
func (d *dialer) Dial(_, _ string) (net.Conn, error) {
	conn, err := d.p.connect(d.ctx, probe.NewTrail(), d.p.turn)
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Time{})
}

// tracks gives each peer its sound: the caller what is said, the callee what
// it hears.
func (l *pair) tracks() error {
	back, err := addTrack(l.callee)
	if err != nil {
		return err
	}
	if l.track, err = addTrack(l.caller); err != nil {
		return err
	}
	l.callee.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			if back.WriteRTP(packet) != nil {
				return
			}
		}
	})
	l.caller.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			select {
			case l.sound <- heard{packet, time.Now()}:
			case <-l.done:
				return
			}
		}
	})
	l.caller.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		select {
		case l.states <- s:
		case <-l.done:
		}
	})
	return nil
}

func addTrack(pc *webrtc.PeerConnection) (*webrtc.TrackLocalStaticRTP, error) {
	t, err := webrtc.NewTrackLocalStaticRTP(pcmu(), "audio", "outcry")
	if err == nil {
		_, err = pc.AddTrack(t)
	}
	if err != nil {
		return nil, fmt.Errorf("add the sound: %w", err)
	}
	return t, nil
}

// close ends the peers, which gives their allocations back. It waits for them,
// but not beyond the context: a server that stalls must not hold the attempt.
// What is left then ends when the library gives up, some eight seconds later.
func (l *pair) close(ctx context.Context) {
	close(l.done)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		l.busy.Wait()
		l.caller.GracefulClose() //nolint:errcheck // nothing is left to be done
		l.callee.GracefulClose() //nolint:errcheck // as above
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	}
}
