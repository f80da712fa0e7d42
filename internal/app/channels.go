package app

import (
	"fmt"
	"slices"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/incident"
)

// channels says who hears what: the configuration's routes.
type channels struct{ cfg config.Notify }

// notices makes the notices of a change, one for each channel that hears it.
// Their IDs follow from the incident's version, so that a change that is stored
// twice is told once.
func (c channels) notices(at time.Time, ch *incident.Change) []outcry.Notice {
	var out []outcry.Notice
	for _, kind := range ch.Notices {
		for _, name := range c.hearing(kind, &ch.Incident) {
			out = append(out, outcry.Notice{
				ID:   fmt.Sprintf("%s-%d-%s-%s", ch.Incident.ID, ch.Incident.Version+1, kind, name),
				Kind: kind, Channel: name, Incident: ch.Incident, Update: ch.Word(), CreatedAt: at, NextAttempt: at,
			})
		}
	}
	return out
}

func (c channels) hearing(kind outcry.NoticeKind, in *outcry.Incident) []string {
	var names []string
	if len(c.cfg.Routes) == 0 {
		for i := range c.cfg.Channels {
			names = append(names, c.cfg.Channels[i].Name)
		}
		return names
	}
	for _, r := range c.cfg.Routes {
		if !matches(&r, kind, in) {
			continue
		}
		for _, n := range r.Channels {
			if !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return names
}

func matches(r *config.Route, kind outcry.NoticeKind, in *outcry.Incident) bool {
	return (len(r.Kinds) == 0 || slices.Contains(r.Kinds, config.NoticeKind(kind))) &&
		(len(r.Services) == 0 || slices.ContainsFunc(in.Services, func(s string) bool { return slices.Contains(r.Services, s) }))
}
