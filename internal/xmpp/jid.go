package xmpp

import (
	"fmt"
	"strings"
)

// JID is an address, local@domain/resource (RFC 7622).
type JID struct{ Local, Domain, Resource string }

// maxPart bounds each part of an address, in bytes (RFC 7622, section 3.1).
const maxPart = 1023

// ParseJID takes an address apart. Case is folded as far as ASCII goes; what
// else RFC 7622 has to say of other scripts is left to the server.
func ParseJID(s string) (JID, error) {
	var j JID
	rest, resource, full := strings.Cut(s, "/")
	local, domain, isUser := strings.Cut(rest, "@")
	if !isUser {
		local, domain = "", rest
	}
	j = JID{Local: strings.ToLower(local), Domain: strings.TrimSuffix(strings.ToLower(domain), "."), Resource: resource}
	switch {
	case j.Domain == "", isUser && j.Local == "", full && j.Resource == "":
		return JID{}, fmt.Errorf("%q is no address such as name@example.org", s)
	case len(j.Local) > maxPart, len(j.Domain) > maxPart, len(j.Resource) > maxPart:
		return JID{}, fmt.Errorf("an address with a part of more than %d bytes", maxPart)
	case strings.ContainsAny(j.Local, "\"&'/:<>@ \t\r\n"), strings.ContainsAny(j.Domain, "\"&'/<>@ \t\r\n"), strings.ContainsAny(j.Resource, "\r\n\t\x00"):
		return JID{}, fmt.Errorf("%q has characters that an address cannot have", s)
	}
	return j, nil
}

// Bare is the address without its resource.
func (j JID) Bare() JID { return JID{Local: j.Local, Domain: j.Domain} }

// String writes the address.
func (j JID) String() string {
	s := j.Domain
	if j.Local != "" {
		s = j.Local + "@" + s
	}
	if j.Resource != "" {
		s += "/" + j.Resource
	}
	return s
}
