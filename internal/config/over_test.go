package config

import (
	"strings"
	"testing"
)

func TestTypesThatGoOverSeveralProtocols(t *testing.T) {
	types := Types{Checks: map[string]Validator{
		"http": validateOptions, "message/xmpp": validateOptions, "message/mail": func(Node) error { return nil },
	}}
	for _, c := range []struct{ says, check, want string }{
		{"one of the protocols", "type: message, over: xmpp, url: x", ""},
		{"another one has other options", "type: message, over: mail", ""},
		{"no protocol", "type: message, url: x", "x:2:10: checks[0].over: checks of type message need to know over what: one of mail, xmpp"},
		{"a protocol that is none of its own", "type: message, over: http, url: x", `x:2:56: checks[0].over: checks of type message do not go over "http": one of mail, xmpp`},
		{"a type of one protocol", "type: http, over: tcp, url: x", "x:2:53: checks[0].over: checks of type http go over one protocol: leave the key out"},
		{"no such type", "type: mesage, over: xmpp", `x:2:41: checks[0].type: there is no type "mesage", did you mean "message"?`},
		{"type and protocol in one", "type: message/xmpp", `x:2:41: checks[0].type: there is no type "message/xmpp"`},
		{"an option that the protocol does not have", "type: message, over: xmpp, url: x, hots: y", `x:2:70: unknown key "hots"`},
	} {
		_, err := Parse("x", []byte("services: [{id: shop}]\nchecks: [{name: a, service: shop, "+c.check+"}]\n"), types)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (c.want == "" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: got %q, wanted %q", c.says, got, c.want)
		}
	}
}
