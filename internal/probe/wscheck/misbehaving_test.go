package wscheck_test

import (
	"strings"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
	"github.com/outcry/outcry/internal/probe/wscheck"
)

func TestAServerThatStumbles(t *testing.T) {
	probetest.Misbehaving{
		Server: strings.TrimPrefix(serve(t, talk(echo)), "ws://"), Foreign: probetest.SaysMail,
		Endless: "HTTP/1.1 101 Switching Protocols\r\nX: ",
		Parting: 1, // the answer to our goodbye
		Check: func(addr string) (probe.Prober, error) {
			return wscheck.New(wscheck.Options{URL: "ws://" + addr, Send: "hello", Expect: "^you said hello$"}, probe.Env{})
		},
	}.Test(t)
}
