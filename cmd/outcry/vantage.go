package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"
)

// vantageCmd talks to a running server about its remote vantages.
type vantageCmd struct {
	remote

	List    vantageList    `cmd:"" help:"List them: when each was last heard, and what it has still to deliver."`
	Revoke  vantageRevoke  `cmd:"" help:"Refuse a vantage's token from now on, without a restart."`
	Restore vantageRestore `cmd:"" help:"Accept it again."`
}

func (c *vantageCmd) call(ctx context.Context, method, path string, into any) error {
	return c.remote.call(ctx, method, "/api/v1/vantages"+path, nil, into)
}

type vantageList struct {
	JSON bool `name:"json" help:"As JSON."`
}

// standing is a vantage as the API gives it.
type standing struct {
	Name    string     `json:"name"`
	Revoked bool       `json:"revoked"`
	Joined  bool       `json:"connected"`
	Checks  int        `json:"checks"`
	Heard   *time.Time `json:"heard_at"`
	Waiting int        `json:"waiting"`
	Region  string     `json:"region,omitempty"`
	Carrier string     `json:"carrier,omitempty"`
	Ahead   float64    `json:"clock_ahead_s"`
}

// Run carries out outcry vantage list.
func (l *vantageList) Run(ctx context.Context, s *streams, c *cli) error {
	var all struct {
		Vantages []standing `json:"vantages"`
	}
	if err := c.Vantage.call(ctx, http.MethodGet, "", &all); err != nil {
		return err
	}
	if l.JSON {
		return printJSON(s.out, all)
	}
	w := tabwriter.NewWriter(s.text(), 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tCHECKS\tCONNECTED\tHEARD\tWAITING\tCLOCK\tREGION\tCARRIER\tREVOKED")
	for i := range all.Vantages {
		v := &all.Vantages[i]
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%d\t%+.1fs\t%s\t%s\t%t\n", v.Name, v.Checks, way(v.Joined), clock(v.Heard), v.Waiting, v.Ahead, v.Region, v.Carrier, v.Revoked)
	}
	return w.Flush()
}

// way is how a vantage talks to the core.
func way(joined bool) string {
	if joined {
		return "nats"
	}
	return "no"
}

type vantageRevoke struct {
	Name string `arg:"" help:"The vantage, which is the name of its token."`
}

// Run carries out outcry vantage revoke.
func (x *vantageRevoke) Run(ctx context.Context, s *streams, c *cli) error {
	return c.Vantage.set(ctx, s, x.Name, "revoke", "revoked")
}

type vantageRestore struct {
	Name string `arg:"" help:"The vantage, which is the name of its token."`
}

// Run carries out outcry vantage restore.
func (x *vantageRestore) Run(ctx context.Context, s *streams, c *cli) error {
	return c.Vantage.set(ctx, s, x.Name, "restore", "accepted again")
}

func (c *vantageCmd) set(ctx context.Context, s *streams, name, verb, done string) error {
	var answer standing
	if err := c.call(ctx, http.MethodPost, "/"+url.PathEscape(name)+"/"+verb, &answer); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.text(), "%s: %s\n", answer.Name, done)
	return err
}
