package smpp

import (
	"maps"
	"slices"
)

// Address is one end of a message (5.2.5, 5.2.6).
type Address struct {
	TON    byte // type of number: 0 unknown, 1 international, 5 alphanumeric
	NPI    byte // numbering plan: 1 is E.164
	Number string
}

// Message is the body of submit_sm (4.4.1) and of deliver_sm (4.6.1).
type Message struct {
	ServiceType        string
	Source             Address
	Destination        Address
	ESMClass           byte
	ProtocolID         byte
	Priority           byte
	Validity           string // relative, as 000000000500000R; empty: the peer's own
	RegisteredDelivery byte   // 1: a receipt of whatever comes of it
	DataCoding         byte   // 0: the peer's default alphabet
	Text               []byte // at most 254 bytes, or the parameter message_payload
	Params             map[Tag][]byte
}

// Sizes of fields, their NUL included (4.4.1).
const (
	sizeServiceType = 6
	sizeNumber      = 21
	sizeTime        = 17
	sizeMessageID   = 65
	maxText         = 254
)

// Body writes the message as the body of submit_sm or deliver_sm.
func (m *Message) Body() ([]byte, error) {
	b, err := cstring(nil, m.ServiceType, sizeServiceType, "service_type")
	for _, a := range []Address{m.Source, m.Destination} {
		if err == nil {
			b, err = cstring(append(b, a.TON, a.NPI), a.Number, sizeNumber, "an address")
		}
	}
	if err == nil {
		b = append(b, m.ESMClass, m.ProtocolID, m.Priority, 0) // schedule_delivery_time: at once
		b, err = cstring(b, m.Validity, sizeTime, "validity_period")
	}
	if err == nil && len(m.Text) > maxText {
		err = malformed("short_message has at most %d bytes, not %d", maxText, len(m.Text))
	}
	if err != nil {
		return nil, err
	}
	// replace_if_present_flag 0, sm_default_msg_id 0
	b = append(b, m.RegisteredDelivery, 0, m.DataCoding, 0, byte(len(m.Text)))
	b = append(b, m.Text...)
	for _, tag := range slices.Sorted(maps.Keys(m.Params)) {
		b = appendParam(b, tag, m.Params[tag])
	}
	return b, nil
}

// ParseMessage reads the body of submit_sm or deliver_sm.
func ParseMessage(body []byte) (*Message, error) {
	r := &reader{b: body}
	m := &Message{ServiceType: r.cstring(sizeServiceType, "service_type")}
	for _, a := range []*Address{&m.Source, &m.Destination} {
		a.TON, a.NPI = r.byte("addr_ton"), r.byte("addr_npi")
		a.Number = r.cstring(sizeNumber, "an address")
	}
	m.ESMClass, m.ProtocolID, m.Priority = r.byte("esm_class"), r.byte("protocol_id"), r.byte("priority_flag")
	r.cstring(sizeTime, "schedule_delivery_time")
	m.Validity = r.cstring(sizeTime, "validity_period")
	m.RegisteredDelivery = r.byte("registered_delivery")
	r.byte("replace_if_present_flag")
	m.DataCoding = r.byte("data_coding")
	r.byte("sm_default_msg_id")
	m.Text = r.take(int(r.byte("sm_length")), "short_message")
	m.Params = r.params()
	return m, r.err
}

// text is what the message says, wherever it says it.
func (m *Message) text() []byte {
	if payload := m.Params[TagMessagePayload]; len(m.Text) == 0 && payload != nil {
		return payload
	}
	return m.Text
}

// Bind is the body of bind_transceiver (4.1.5).
type Bind struct {
	SystemID     string // at most 15 bytes
	Password     string // at most 8 bytes by the specification; some peers take more
	SystemType   string // at most 12 bytes
	AddressTON   byte
	AddressNPI   byte
	AddressRange string // of the numbers that the peer delivers for; mostly empty
}

// interfaceVersion is SMPP 3.4.
const interfaceVersion = 0x34

// maxPassword is more than the specification's 9, because peers are.
const maxPassword = 65

// Body writes the body of bind_transceiver.
func (o *Bind) Body() ([]byte, error) {
	b, err := cstring(nil, o.SystemID, 16, "system_id")
	if err == nil {
		b, err = cstring(b, o.Password, maxPassword, "password")
	}
	if err == nil {
		b, err = cstring(b, o.SystemType, 13, "system_type")
	}
	if err != nil {
		return nil, err
	}
	return cstring(append(b, interfaceVersion, o.AddressTON, o.AddressNPI), o.AddressRange, 41, "address_range")
}
