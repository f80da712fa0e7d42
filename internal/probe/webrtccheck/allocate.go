package webrtccheck

import (
	"context"
	"fmt"

	"github.com/pion/stun/v4"

	"github.com/outcry/outcry/internal/probe"
)

// protocolUDP is the number of the relayed transport.
const protocolUDP = 17

// bind asks a STUN server for the address that it sees.
func bind(ctx context.Context, d *dialogue) (string, error) {
	req, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
	if err != nil {
		return "", fmt.Errorf("write the binding request: %w", err)
	}
	res, err := d.exchange(ctx, "binding", req)
	if err != nil {
		return "", err
	}
	if res.Type.Class == stun.ClassErrorResponse {
		return "", refusal("binding", res)
	}
	var seen stun.XORMappedAddress
	if err := seen.GetFrom(res); err != nil {
		return "", fault(probe.ReasonProtocol, "the answer to the binding has no address")
	}
	return "we are seen as " + seen.String(), nil
}

// allocation is what a TURN server has given us, with what it takes to give
// it back.
type allocation struct {
	d     *dialogue
	user  account
	realm stun.Realm
	nonce stun.Nonce
}

// allocate asks for a relayed address: once to be challenged, and again with
// the credentials (RFC 8656, 7; RFC 8489, 9.2).
func (a *allocation) allocate(ctx context.Context) (string, error) {
	transport := stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{protocolUDP, 0, 0, 0}}
	kind := stun.NewType(stun.MethodAllocate, stun.ClassRequest)
	req, err := stun.Build(stun.TransactionID, kind, transport, stun.Fingerprint)
	if err != nil {
		return "", fmt.Errorf("write the request to allocate: %w", err)
	}
	res, err := a.d.exchange(ctx, "allocate", req)
	if err != nil {
		return "", err
	}
	if res.Type.Class == stun.ClassErrorResponse {
		if res, err = a.authorized(ctx, "allocate", res, kind, transport); err != nil {
			return "", err
		}
	}
	var relayed stun.XORMappedAddress
	if err := relayed.GetFromAs(res, stun.AttrXORRelayedAddress); err != nil {
		return "", fault(probe.ReasonProtocol, "the answer to the allocation has no address")
	}
	return "relayed at " + relayed.String(), nil
}

// maxStale is how often a nonce may be out of date: a request that takes
// longer than a nonce lasts is no one's fault.
const maxStale = 2

// authorized answers a challenge, and gives the success.
func (a *allocation) authorized(ctx context.Context, doing string, challenge *stun.Message, kind stun.MessageType, attrs ...stun.Setter) (*stun.Message, error) {
	for range maxStale {
		if code := codeOf(challenge); code != stun.CodeUnauthorized && code != stun.CodeStaleNonce {
			return nil, refusal(doing, challenge)
		}
		if a.nonce.GetFrom(challenge) != nil || a.realm.GetFrom(challenge) != nil {
			return nil, fault(probe.ReasonProtocol, "%s: a challenge without realm or nonce", doing)
		}
		res, err := a.signed(ctx, doing, kind, attrs...)
		if err != nil {
			return nil, err
		}
		if res.Type.Class == stun.ClassSuccessResponse {
			return res, nil
		}
		if challenge = res; codeOf(res) != stun.CodeStaleNonce {
			break
		}
	}
	return nil, refusal(doing, challenge)
}

func codeOf(m *stun.Message) stun.ErrorCode {
	var code stun.ErrorCodeAttribute
	if code.GetFrom(m) != nil {
		return 0
	}
	return code.Code
}

// signed exchanges a request with credentials, and sees that the server has
// them, too.
func (a *allocation) signed(ctx context.Context, doing string, kind stun.MessageType, attrs ...stun.Setter) (*stun.Message, error) {
	integrity := stun.NewLongTermIntegrity(a.user.user, a.realm.String(), a.user.password)
	setters := append([]stun.Setter{stun.TransactionID, kind}, attrs...)
	setters = append(setters, stun.NewUsername(a.user.user), a.realm, a.nonce, integrity, stun.Fingerprint)
	req, err := stun.Build(setters...)
	if err != nil {
		return nil, fmt.Errorf("write the request to %s: %w", doing, err)
	}
	res, err := a.d.exchange(ctx, doing, req)
	if err != nil {
		return nil, err
	}
	if res.Type.Class == stun.ClassSuccessResponse && integrity.Check(res) != nil {
		return nil, fault(probe.ReasonProtocol, "%s: the answer's integrity is wrong", doing)
	}
	return res, nil
}

// free gives the allocation back: a Refresh for no time at all (RFC 8656, 8).
func (a *allocation) free(ctx context.Context) error {
	lifetime := stun.RawAttribute{Type: stun.AttrLifetime, Value: make([]byte, 4)}
	kind := stun.NewType(stun.MethodRefresh, stun.ClassRequest)
	res, err := a.signed(ctx, "free", kind, lifetime)
	if err != nil || res.Type.Class == stun.ClassSuccessResponse {
		return err
	}
	_, err = a.authorized(ctx, "free", res, kind, lifetime)
	return err
}
