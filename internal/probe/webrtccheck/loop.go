package webrtccheck

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

const drain = 500 * time.Millisecond // for the last frames to come back

type heard struct {
	packet *rtp.Packet
	at     time.Time
}

// loop calls through the relay, and gives what was heard.
func (p *prober) loop(work, last context.Context, trail *probe.Trail, user account, remote string) (voice.Report, error) {
	l, err := p.newPair(work, user, remote)
	if err != nil {
		return voice.Report{}, err
	}
	defer l.close(last)
	began := time.Now()
	if err := trail.Do("gather", func() (string, error) { return l.agreed(work) }); err != nil {
		return voice.Report{}, err
	}
	if err := trail.Do("call", func() (string, error) { return l.connected(work) }); err != nil {
		return voice.Report{}, err
	}
	var report voice.Report
	err = trail.Do("media", func() (detail string, err error) {
		if report, err = l.talk(work, p.opts.Talk); err != nil {
			return "", err
		}
		first := report.First.Sub(began)
		return fmt.Sprintf("%s, first sound after %s", report, probe.Took(first)), p.opts.judge(report, first)
	})
	return report, err
}

// agreed is agree, but not beyond the context: while a relay stalls, the
// library's calls wait for it, for some eight seconds, with no way to stop them.
func (l *pair) agreed(ctx context.Context) (string, error) {
	type outcome struct {
		said string
		err  error
	}
	done := make(chan outcome, 1)
	l.busy.Go(func() {
		said, err := l.agree(ctx)
		done <- outcome{said, err}
	})
	select {
	case o := <-done:
		return o.said, o.err
	case <-ctx.Done():
		return "", fault(ReasonNoConnection, "the relay stalls: %w", context.Cause(ctx))
	}
}

// agree lets the peers offer and answer, with all their candidates.
func (l *pair) agree(ctx context.Context) (string, error) {
	offer, err := l.caller.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	if err := gather(ctx, l.caller, offer); err != nil {
		return "", err
	}
	if err := l.callee.SetRemoteDescription(*l.caller.LocalDescription()); err != nil {
		return "", fmt.Errorf("take the offer: %w", err)
	}
	answer, err := l.callee.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	if err := gather(ctx, l.callee, answer); err != nil {
		return "", err
	}
	if err := l.caller.SetRemoteDescription(*l.callee.LocalDescription()); err != nil {
		return "", fmt.Errorf("take the answer: %w", err)
	}
	return "both peers have a relayed address", nil
}

// gather collects a peer's candidates: they can be relayed addresses only.
func gather(ctx context.Context, pc *webrtc.PeerConnection, d webrtc.SessionDescription) error {
	complete := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return fmt.Errorf("gather: %w", err)
	}
	select {
	case <-complete:
	case <-ctx.Done():
		return fmt.Errorf("gather relayed addresses: %w", context.Cause(ctx))
	}
	if !strings.Contains(pc.LocalDescription().SDP, " typ relay") {
		return fault(ReasonNoRelay, "a peer was given no relayed address")
	}
	return nil
}

// connected waits until the peers have found to each other.
func (l *pair) connected(ctx context.Context) (string, error) {
	for {
		select {
		case s := <-l.states:
			switch s {
			case webrtc.PeerConnectionStateConnected:
				return "ICE and DTLS are up", nil
			case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
				return "", fault(ReasonNoConnection, "the peers do not reach each other through the relay")
			case webrtc.PeerConnectionStateUnknown, webrtc.PeerConnectionStateNew, webrtc.PeerConnectionStateConnecting, webrtc.PeerConnectionStateDisconnected:
			}
		case <-ctx.Done():
			return "", fault(ReasonNoConnection, "the peers have not reached each other through the relay: %w", context.Cause(ctx))
		}
	}
}

// talk sends frames, and listens for their return.
func (l *pair) talk(ctx context.Context, lasts time.Duration) (voice.Report, error) {
	talker := voice.NewTalker(voice.PayloadPCMU)
	listener := voice.NewListener(talker)
	frames, began := int(lasts/voice.FrameTime), time.Now()
	tick := time.NewTicker(voice.FrameTime)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			due := min(frames, int(time.Since(began)/voice.FrameTime))
			for talker.Sent() < due {
				packet, err := talker.Packet()
				if err != nil {
					return listener.Report(), fmt.Errorf("talk: %w", err)
				}
				listener.Said(time.Now())
				if err := l.track.WriteRTP(packet); err != nil {
					return listener.Report(), fmt.Errorf("talk: %w", err)
				}
			}
		case h := <-l.sound:
			listener.HearPacket(h.packet, h.at)
		case <-ctx.Done():
			return listener.Report(), fmt.Errorf("talk: %w", context.Cause(ctx))
		}
		r := listener.Report()
		if r.Sent == frames && (r.Echoes == frames || time.Since(began) > lasts+drain) {
			return r, nil
		}
	}
}
