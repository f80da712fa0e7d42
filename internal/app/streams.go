package app

import (
	"context"
	"crypto/subtle"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/intake"
	"github.com/outcry/outcry/internal/netguard"
	"github.com/outcry/outcry/internal/posts"
	"github.com/outcry/outcry/internal/stream"
	"github.com/outcry/outcry/internal/stream/bluesky"
	"github.com/outcry/outcry/internal/stream/feedposts"
	"github.com/outcry/outcry/internal/stream/mastodon"
	"github.com/outcry/outcry/internal/stream/postbox"
	"github.com/outcry/outcry/internal/stream/reddit"
	"github.com/outcry/outcry/internal/stream/xapi"
	"github.com/outcry/outcry/internal/trend"
	"github.com/outcry/outcry/internal/web"
)

// streamOptions are the further keys of a source of posts.
type streamOptions struct {
	Token    config.Secret `yaml:"token"`
	Rules    []string      `yaml:"rules"`    // of x
	Backfill bool          `yaml:"backfill"` // of x
	About    string        `yaml:"about"`    // of reddit and posts: the service that all is about
}

// streamType makes a source of posts.
type streamType func(address string, o *streamOptions, web *stream.Web) (stream.Source, error)

// streamTypes are the networks that can be followed, one line each.
func streamTypes() map[string]streamType {
	return map[string]streamType{
		"bluesky": func(a string, _ *streamOptions, w *stream.Web) (stream.Source, error) { return bluesky.New(a, w) },
		"mastodon": func(a string, o *streamOptions, w *stream.Web) (stream.Source, error) {
			return mastodon.New(a, optional(o.Token), w)
		},
		"x": func(a string, o *streamOptions, w *stream.Web) (stream.Source, error) {
			return xapi.New(a, o.Rules, o.Backfill, o.Token.Value, w)
		},
		"reddit": func(a string, o *streamOptions, w *stream.Web) (stream.Source, error) {
			return reddit.New(a, o.About, optional(o.Token), w)
		},
		"posts": func(a string, o *streamOptions, w *stream.Web) (stream.Source, error) {
			return feedposts.New(a, o.About, w)
		},
	}
}

// optional reads a secret that need not be set.
func optional(s config.Secret) func() (string, error) {
	return func() (string, error) {
		if !s.IsSet() {
			return "", nil
		}
		return s.Value()
	}
}

// streamValidators verify the options of sources of posts for config.Load.
func streamValidators() map[string]config.Validator {
	out := make(map[string]config.Validator)
	for name := range streamTypes() {
		out[name] = func(n config.Node) error { return n.Decode(&streamOptions{}) }
	}
	return out
}

// trendSource is the vantage of trends. In a cluster each process has one of its
// own: it trends while any of them says so.
const trendSource = "posts"

// deskHub shares one desk among all sources of posts, and renews the key of
// the authors' pseudonyms every day.
type deskHub struct {
	services []outcry.Service
	carriers []string
	name     string // of this reader among others
	salts    interface {
		Salt(ctx context.Context, period string) ([]byte, error)
	}
	now func() time.Time

	mu     sync.Mutex
	period string
	desk   *posts.Desk
}

// Read implements the sources' Reader.
func (h *deskHub) Read(p posts.Post) []outcry.Signal {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.renew()
	return h.desk.Read(p)
}

// renew takes the key of the day. While it cannot be had the last one serves;
// without any, posts of a process's first moments have no author.
func (h *deskHub) renew() {
	period := "posts/" + h.now().UTC().Format(time.DateOnly)
	if period == h.period {
		return
	}
	key, err := h.salts.Salt(context.Background(), period)
	if err != nil && h.desk != nil {
		return
	}
	if h.desk == nil {
		h.desk = posts.New(h.services, h.carriers, key, h.name)
	} else {
		h.desk.Rekey(key)
	}
	if err == nil {
		h.period = period
	}
}

// Trends are the services that people suddenly talk about.
func (h *deskHub) Trends(at time.Time) []trend.Trend {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.desk == nil {
		return nil
	}
	return h.desk.Trends(at)
}

// streams makes the followers of the configuration's sources of posts, and has
// posts and tickets taken over HTTP.
func (p *process) streams(deps *web.Deps, tokens []intake.Token) ([]*stream.Follower, error) {
	p.desk = &deskHub{services: p.Config.OutcryServices(), carriers: p.Config.Scopes.Carriers.Allow, name: trendSource + "/" + newID(), salts: p.store, now: time.Now}
	p.board.trends = p.desk.Trends
	if p.has(RoleIntake) {
		p.postbox(deps, tokens)
	}
	if !p.has(RoleListen) {
		return nil, nil
	}
	guard, err := netguard.New(p.Config.Outbound.Allow)
	if err != nil {
		return nil, err
	}
	metrics, err := stream.NewMetrics(p.metrics)
	if err != nil {
		return nil, err
	}
	return p.followers(stream.NewWeb(guard, "Outcry/"+p.Version), metrics)
}

// postbox has posts and tickets taken over HTTP.
func (p *process) postbox(deps *web.Deps, tokens []intake.Token) {
	box := &postbox.Box{Reader: p.desk, Sender: p.gatherer, Door: postDoor{tokens, p}, Services: map[string]bool{}}
	for i := range p.Config.Services {
		box.Services[p.Config.Services[i].ID] = true
	}
	if deps.Mounts == nil {
		deps.Mounts = make(map[string]http.Handler)
	}
	maps.Copy(deps.Mounts, box.Handlers())
}

// followers are one for each source of posts.
func (p *process) followers(wire *stream.Web, metrics *stream.Metrics) ([]*stream.Follower, error) {
	var out []*stream.Follower
	for i := range p.Config.Sources {
		s := &p.Config.Sources[i]
		source, err := newStream(s, wire)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		if source == nil {
			continue // a vendor's page
		}
		out = append(out, &stream.Follower{
			Name: s.Name, Type: s.Type, Source: source, Interval: s.Interval, Heard: heardWithin(s.Type), Reader: p.desk, Sender: p.gatherer, Memory: p.store, Log: p.Log, Metrics: metrics,
		})
	}
	return out, nil
}

// heardWithin is how old a post may be when it is read, and be news: of networks
// that are asked every so often, whose own lists come late besides.
func heardWithin(network string) time.Duration {
	if network == "reddit" || network == "posts" {
		return 10 * time.Minute
	}
	return 0
}

// newStream makes a source of posts; nil when the source is none.
func newStream(s *config.Source, wire *stream.Web) (stream.Source, error) {
	make, ok := streamTypes()[s.Type]
	if !ok {
		return nil, nil
	}
	var o streamOptions
	if err := s.Options.Decode(&o); err != nil {
		return nil, err
	}
	return make(s.URL, &o, wire)
}

// postDoor lets callers with a token that may report bring posts.
type postDoor struct {
	tokens []intake.Token
	p      *process
}

// Allowed implements postbox.Door. Help desks that cannot set a header may have
// the token in the address.
func (d postDoor) Allowed(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		given = r.URL.Query().Get("token")
	}
	allowed := false
	for _, t := range d.tokens {
		same := subtle.ConstantTimeCompare([]byte(t.Secret), []byte(given)) == 1
		allowed = allowed || same && t.Report && given != ""
	}
	return allowed
}

// Fail implements postbox.Door.
func (d postDoor) Fail(w http.ResponseWriter, r *http.Request, err error) { d.p.site.Fail(w, r, err) }
