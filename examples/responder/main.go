// The responder is a sample business for checks of type conversation over
// http: it verifies the signature of a customer's message, and answers at once
// or, with --delay, when asked again after that time.
//
//	OUTCRY_DESK_SECRET=0123456789abcdef go run ./examples/responder --listen 127.0.0.1:8090 --delay 2s
//
// It keeps what it was asked in memory, for ten minutes and at most a thousand
// at a time. It is an example of what a business does, not a product.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to listen at")
	delay := flag.Duration("delay", 0, "how long an answer takes; 0: it comes at once")
	text := flag.String("text", "Hello, how can I help?", "what is answered; empty: nothing, ever")
	flag.Parse()
	secret := os.Getenv("OUTCRY_DESK_SECRET")
	if len(secret) < 16 {
		fmt.Fprintln(os.Stderr, "OUTCRY_DESK_SECRET must hold the secret of the check, at least 16 characters")
		os.Exit(2)
	}
	server := &http.Server{
		Addr: *listen, Handler: newDesk(secret, *text, *delay, time.Now),
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10,
	}
	log.Fatal(server.ListenAndServe())
}
