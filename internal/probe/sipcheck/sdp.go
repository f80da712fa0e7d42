package sipcheck

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/voice"
)

// offer is the session description of our side (RFC 8866, RFC 3264): one
// stream of G.711 in either law.
func offer(at netip.AddrPort) ([]byte, error) {
	ip := at.Addr().Unmap().WithZone("")
	kind := "IP4"
	if ip.Is6() {
		kind = "IP6"
	}
	where := &sdp.ConnectionInformation{NetworkType: "IN", AddressType: kind, Address: &sdp.Address{Address: ip.String()}}
	d := &sdp.SessionDescription{
		Origin:                sdp.Origin{Username: "-", SessionID: 1, SessionVersion: 1, NetworkType: "IN", AddressType: kind, UnicastAddress: ip.String()},
		SessionName:           "Outcry",
		ConnectionInformation: where,
		TimeDescriptions:      []sdp.TimeDescription{{}},
		MediaDescriptions: []*sdp.MediaDescription{{
			MediaName: sdp.MediaName{Media: "audio", Port: sdp.RangedPort{Value: int(at.Port())}, Protos: []string{"RTP", "AVP"}, Formats: []string{"0", "8"}},
			Attributes: []sdp.Attribute{
				{Key: "rtpmap", Value: "0 PCMU/8000"}, {Key: "rtpmap", Value: "8 PCMA/8000"},
				{Key: "ptime", Value: "20"}, {Key: "sendrecv"},
			},
		}},
	}
	b, err := d.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write the session description: %w", err)
	}
	return b, nil
}

// answered is what the other side takes of the offer.
type answered struct {
	host    string // an address, or a name
	port    uint16
	payload uint8
}

// parseAnswer reads the other side's session description. Its errors are
// faults.
func parseAnswer(body []byte) (answered, error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal(body); err != nil || len(d.MediaDescriptions) == 0 {
		return answered{}, fault(probe.ReasonProtocol, "the session description of the answer cannot be read")
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media != "audio" || m.MediaName.Port.Value == 0 {
			continue
		}
		payload, ok := law(m.MediaName.Formats)
		if !ok || strings.Join(m.MediaName.Protos, "/") != "RTP/AVP" {
			continue
		}
		where := m.ConnectionInformation
		if where == nil {
			where = d.ConnectionInformation
		}
		if where == nil || where.Address == nil || m.MediaName.Port.Value < 0 || m.MediaName.Port.Value > 0xFFFF {
			return answered{}, fault(probe.ReasonProtocol, "the session description of the answer names no address for media")
		}
		return answered{host: where.Address.Address, port: uint16(m.MediaName.Port.Value), payload: payload}, nil
	}
	return answered{}, fault(ReasonNoCodec, "the answer takes no G.711 over RTP/AVP")
}

// law is the first payload type that we speak.
func law(formats []string) (uint8, bool) {
	for _, f := range formats {
		if f == strconv.Itoa(voice.PayloadPCMU) {
			return voice.PayloadPCMU, true
		}
		if f == strconv.Itoa(voice.PayloadPCMA) {
			return voice.PayloadPCMA, true
		}
	}
	return 0, false
}
