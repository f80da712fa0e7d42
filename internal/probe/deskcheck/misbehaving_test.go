package deskcheck

import (
	"net/http/httptest"
	"testing"

	"github.com/outcry/outcry/internal/probe"
	"github.com/outcry/outcry/internal/probe/probetest"
)

func TestADeskThatStumbles(t *testing.T) {
	s := httptest.NewServer(later("/answers/1", 0, say(200, `{"text": "Hello!"}`)))
	defer s.Close()
	o := options(t, "")
	probetest.Misbehaving{
		Server: s.Listener.Addr().String(), Foreign: probetest.SaysMail, Endless: "HTTP/1.1 200 OK\r\n\r\n",
		Check: func(addr string) (probe.Prober, error) {
			o := o
			o.URL = "http://" + addr + "/hook"
			return New(o, probe.Env{})
		},
		Reasons: []probetest.Expected{{Step: "answer", Fault: probetest.Silent, Reasons: []probe.Reason{probe.ReasonNobodyAnswered}}},
	}.Test(t)
}
