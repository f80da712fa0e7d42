package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// portOf reads one of the server's ports: "http=1 tls=2".
func portOf(ports, name string) string {
	for _, f := range strings.Fields(ports) {
		if port, ok := strings.CutPrefix(f, name+"="); ok {
			return port
		}
	}
	return "0"
}

// startServer starts the server's process and gives its ports.
func startServer() (ports string, stop func(), err error) {
	cmd := exec.Command(os.Args[0], "-role", "server")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { stdin.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() }
	line, err := bufio.NewReader(stdout).ReadString('\n')
	return strings.TrimSpace(line), stop, err
}

// serve answers HTTP, TCP, TLS and DNS on every address of the loopback network,
// until its standard input ends.
func serve() error {
	plain, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	cert, err := selfSigned()
	if err != nil {
		return err
	}
	secure, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	if err != nil {
		return err
	}
	packets, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"status":"ok"}`) //nolint:errcheck // the client tells
	})
	go (&http.Server{Handler: handler}).Serve(plain)                                           //nolint:errcheck // until the process ends
	go (&http.Server{Handler: handler}).Serve(secure)                                          //nolint:errcheck // as above
	go (&dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(answer)}).ActivateAndServe() //nolint:errcheck // as above
	fmt.Printf("http=%d tls=%d dns=%d\n", plain.Addr().(*net.TCPAddr).Port, secure.Addr().(*net.TCPAddr).Port, packets.LocalAddr().(*net.UDPAddr).Port)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func answer(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(q)
	if rr, err := dns.NewRR(q.Question[0].Name + " 60 IN A 192.0.2.1"); err == nil {
		m.Answer = append(m.Answer, rr)
	}
	_ = w.WriteMsg(m)
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
