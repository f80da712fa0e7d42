package xmpp

import (
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Client is one client's connection. Its methods up to [Client.Bind] are
// called one after another; after it, Send may be called beside Stanzas.
type Client struct {
	conn     net.Conn
	domain   string
	secure   bool
	left     int // bytes that may still be read
	src      *source
	tokens   *xml.Decoder
	features Element
	opened   bool

	pump    sync.WaitGroup
	stanzas chan Stanza
	closed  chan struct{}
	once    sync.Once
}

// Stanza is what came over a stream, or the error that ended it.
type Stanza struct {
	Element
	At  time.Time
	Err error
}

// NewClient makes the client of a connection, with or without TLS, to a
// server of the domain. The connection's deadline is the client's.
func NewClient(conn net.Conn, domain string) *Client {
	c := &Client{conn: conn, domain: domain, left: MaxRead, closed: make(chan struct{})}
	c.over(conn)
	return c
}

func (c *Client) over(conn net.Conn) {
	_, c.secure = conn.(*tls.Conn)
	c.conn, c.src = conn, newSource(conn, &c.left)
}

// Open opens a stream, and reads what the server offers.
func (c *Client) Open() error {
	header := "<?xml version='1.0'?><stream:stream to='" + Escape(c.domain) + "' version='1.0' xml:lang='en' xmlns='" + nsClient + "' xmlns:stream='" + nsStream + "'>"
	if err := c.write(header); err != nil {
		return err
	}
	c.tokens = xml.NewDecoder(c.src)
	start, err := c.start()
	if err != nil {
		return fmt.Errorf("open a stream: %w", err)
	}
	if start.Name.Local != "stream" || start.Name.Space != nsStream {
		return fmt.Errorf("open a stream: the server answers with <%.40s> instead of one", start.Name.Local)
	}
	c.opened = true
	if c.features, err = c.next(); err != nil {
		return fmt.Errorf("wait for what the server offers: %w", err)
	}
	if c.features.Name != "features" || c.features.Space != nsStream {
		return fmt.Errorf("wait for what the server offers: it sends <%.40s>", c.features.Name)
	}
	return nil
}

// OffersTLS reports whether the stream can become a secure one.
func (c *Client) OffersTLS() bool { return c.features.Child(nsTLS, "starttls") != nil }

// StartTLS asks for TLS. After it the caller shakes hands, and calls Secured.
func (c *Client) StartTLS() error {
	if err := c.write("<starttls xmlns='" + nsTLS + "'/>"); err != nil {
		return err
	}
	e, err := c.next()
	if err != nil {
		return fmt.Errorf("wait for the answer to STARTTLS: %w", err)
	}
	if e.Name != "proceed" || e.Space != nsTLS {
		return fmt.Errorf("the server refuses STARTTLS with <%.40s>", e.Name)
	}
	return nil
}

// Secured goes on within TLS. What the server sent before it and nobody read
// is dropped: nothing that was not protected is taken for what is.
func (c *Client) Secured(conn *tls.Conn) error {
	c.over(conn)
	return c.Open()
}

// start reads up to the start of an element.
func (c *Client) start() (*xml.StartElement, error) {
	for {
		if err := c.src.between(); err != nil {
			return nil, err
		}
		token, err := c.tokens.Token()
		if err != nil {
			return nil, cut(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			return &token, nil
		case xml.EndElement:
			return nil, io.EOF
		case xml.CharData:
			return nil, errText // CDATA, since blanks are passed over before
		case xml.ProcInst:
			if c.opened && token.Target != "xml" {
				return nil, errRestricted
			}
		default:
			return nil, errRestricted
		}
	}
}

// next reads the next element of the stream; an error of the stream is one.
func (c *Client) next() (Element, error) {
	start, err := c.start()
	if err != nil {
		return Element{}, err
	}
	r := elementReader{tokens: c.tokens}
	e, err := r.read(start, 1)
	if err != nil {
		return e, err
	}
	if e.Name == "error" && e.Space == nsStream {
		condition, text := conditionOf(&e, nsReasons)
		return e, &StreamError{Condition: condition, Text: text}
	}
	return e, nil
}

func (c *Client) write(s string) error {
	if _, err := io.WriteString(c.conn, s); err != nil {
		return fmt.Errorf("send to the server: %w", err)
	}
	return nil
}

// Stanzas reads on in the background and gives what comes; the last one has
// the error with which the stream ended. It is called once, after Bind.
func (c *Client) Stanzas() <-chan Stanza {
	c.stanzas = make(chan Stanza)
	c.pump.Go(func() {
		defer close(c.stanzas)
		for {
			e, err := c.next()
			select {
			case c.stanzas <- Stanza{Element: e, At: time.Now(), Err: err}:
			case <-c.closed:
				return
			}
			if err != nil {
				return
			}
		}
	})
	return c.stanzas
}

// goodbye is how long a server may take to take our farewell.
const goodbye = 200 * time.Millisecond

// Close says goodbye, so that the account is offline at once, and closes the
// connection. It may be called more than once.
func (c *Client) Close() {
	c.once.Do(func() {
		close(c.closed)
		if c.opened && c.conn.SetWriteDeadline(time.Now().Add(goodbye)) == nil {
			_ = c.write("<presence type='unavailable'/></stream:stream>") //nolint:errcheck // closing tells the server as well
		}
		_ = c.conn.Close() //nolint:errcheck // nothing is left to be read
		c.pump.Wait()
	})
}
