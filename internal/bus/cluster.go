package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/outcry/outcry"
)

func (b *Bus) clusterOptions(options []nats.Option) (string, []nats.Option, error) {
	c := b.config
	if (c.Cert == "") != (c.Key == "") {
		return "", nil, outcry.FieldErrorf("tls", "a certificate and its key are given together or not at all")
	}
	if c.Credentials != "" {
		options = append(options, nats.UserCredentials(c.Credentials))
	}
	return strings.Join(c.URLs, ","), append(options, c.tlsOptions()...), nil
}

func (c Config) tlsOptions() []nats.Option {
	var options []nats.Option
	if c.CA != "" {
		options = append(options, nats.RootCAs(c.CA))
	}
	if c.Cert != "" {
		options = append(options, nats.ClientCert(c.Cert, c.Key))
	}
	return options
}

// checkCluster makes sure that an acknowledgement means what Publish promises.
// A server with the default sync_interval acknowledges up to two minutes before
// it syncs: a power cut of all loses what was acknowledged (Jepsen, NATS
// 2.12.1), which three replicas alone do not prevent.
func (b *Bus) checkCluster(ctx context.Context) error {
	stream, err := b.js.Stream(ctx, streamName)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "looking up the stream %s", streamName)
	}
	if n := stream.CachedInfo().Config.Replicas; n < b.config.Replicas {
		return outcry.Errorf(outcry.CodeInvalid, "the stream %s has %d replicas where %d are configured", streamName, n, b.config.Replicas)
	}
	if len(b.config.SystemURLs) == 0 && b.config.SystemCredentials == "" {
		b.log.Warn("cannot see whether the NATS servers sync every write: make sure that each has `sync_interval: always` in its jetstream block, or give system credentials so that it is checked")
		return nil
	}
	return b.checkSync(ctx)
}

// serverReport is the part of a server's JSZ answer that matters here.
type serverReport struct {
	Server struct {
		Name string `json:"name"`
	} `json:"server"`
	Data struct {
		Disabled bool `json:"disabled"`
		Config   struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
	} `json:"data"`
}

func (b *Bus) checkSync(ctx context.Context) error {
	c := b.config
	urls := c.URLs
	if len(c.SystemURLs) > 0 {
		urls = c.SystemURLs
	}
	options := append(c.tlsOptions(), nats.Name("outcry start-up check"))
	if credentials := cmp.Or(c.SystemCredentials, c.Credentials); credentials != "" {
		options = append(options, nats.UserCredentials(credentials))
	}
	conn, err := nats.Connect(strings.Join(urls, ","), options...)
	if err != nil {
		return outcry.Wrap(outcry.CodeUnavailable, err, "connecting to the system account")
	}
	defer conn.Close()
	reports, err := askServers(ctx, conn)
	if err != nil {
		return err
	}
	return judgeServers(reports, c.Replicas)
}

// serversAnswer is how long after one server's answer the next may come.
const serversAnswer = 500 * time.Millisecond

func askServers(ctx context.Context, conn *nats.Conn) ([]serverReport, error) {
	inbox := conn.NewRespInbox()
	answers, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "asking the servers for their settings")
	}
	if err := conn.PublishRequest("$SYS.REQ.SERVER.PING.JSZ", inbox, nil); err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "asking the servers for their settings")
	}
	var reports []serverReport
	for {
		wait, cancel := context.WithTimeout(ctx, serversAnswer)
		m, err := answers.NextMsgWithContext(wait)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			return reports, nil
		}
		if err != nil {
			return nil, outcry.Wrap(outcry.CodeUnavailable, err, "asking the servers for their settings")
		}
		var r serverReport
		if err := json.Unmarshal(m.Data, &r); err != nil {
			return nil, outcry.Wrap(outcry.CodeUnavailable, err, "reading a server's settings")
		}
		reports = append(reports, r)
	}
}

func judgeServers(reports []serverReport, replicas int) error {
	var careless []string
	storing := 0
	for _, r := range reports {
		if r.Data.Disabled {
			continue
		}
		storing++
		if !r.Data.Config.SyncAlways {
			careless = append(careless, r.Server.Name)
		}
	}
	if len(careless) > 0 {
		slices.Sort(careless)
		return outcry.Errorf(outcry.CodeInvalid, "the NATS servers %s acknowledge before they sync: set `sync_interval: always` in their jetstream block", strings.Join(careless, ", "))
	}
	if storing < replicas {
		return outcry.Errorf(outcry.CodeUnavailable, "%d servers with JetStream answered, %d are needed", storing, replicas)
	}
	return nil
}
