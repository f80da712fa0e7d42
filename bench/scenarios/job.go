package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry/bench/refdraw"
	"github.com/outcry/outcry/internal/app"
	"github.com/outcry/outcry/internal/replay"
	"github.com/outcry/outcry/scenarios"
)

// The draws, and what the judge hears of them.
const (
	reference, own = "reference", "own"
	all, alone     = "all", "reports"
)

// job is one replay.
type job struct {
	scenario       *replay.Scenario
	text           []byte // of its file
	draw, evidence string
	seed           int
}

func (j *job) String() string {
	return fmt.Sprintf("%s-%s-%s-%d", j.scenario.Name, j.draw, j.evidence, j.seed)
}

// plan lists all replays, seed by seed, so that what is stopped early knows
// something of every scenario.
func plan(o *options) ([]*job, error) {
	var jobs []*job
	for seed := 1; seed <= o.seeds; seed++ {
		for _, name := range replay.Names(scenarios.Files()) {
			if !strings.Contains(name, o.scenario) {
				continue
			}
			sc, err := replay.Open(name, scenarios.Files())
			if err != nil {
				return nil, fmt.Errorf("open the scenario %s: %w", name, err)
			}
			text, err := fs.ReadFile(scenarios.Files(), name+".yaml")
			if err != nil {
				return nil, fmt.Errorf("read the scenario %s: %w", name, err)
			}
			for _, d := range []string{reference, own} {
				for _, e := range []string{all, alone} {
					if has(o.draws, d) && has(o.evidence, e) {
						jobs = append(jobs, &job{scenario: sc, text: text, draw: d, evidence: e, seed: seed})
					}
				}
			}
		}
	}
	return jobs, nil
}

// played is a replay that has been made.
type played struct {
	*job
	*replay.Result
}

// playAll takes kept results where there are, and plays the rest.
func playAll(ctx context.Context, jobs []*job, k *keeper, o *options) ([]played, error) {
	began := time.Now()
	var mu sync.Mutex
	var done []played
	var errs []error
	next := make(chan *job)
	var workers sync.WaitGroup
	for range max(o.workers, 1) {
		workers.Go(func() {
			for j := range next {
				r, err := j.play(ctx)
				if err == nil {
					err = k.put(j, r)
				}
				mu.Lock()
				if err != nil && ctx.Err() == nil {
					errs = append(errs, fmt.Errorf("play %s: %w", j, err))
				} else if err == nil {
					done = append(done, played{j, r})
					log.Printf("%d of %d: %s: %d public incidents, %d false, in %.1f s", len(done), len(jobs), j, len(r.Incidents), len(r.FalseIncidents), r.WallS)
				}
				mu.Unlock()
			}
		})
	}
	for _, j := range jobs {
		if r := k.get(j); r != nil {
			mu.Lock()
			done = append(done, played{j, r})
			mu.Unlock()
		} else if time.Since(began) < o.limit && ctx.Err() == nil {
			next <- j
		}
	}
	close(next)
	workers.Wait()
	order := map[*job]int{}
	for i, j := range jobs {
		order[j] = i
	}
	slices.SortFunc(done, func(a, b played) int { return order[a.job] - order[b.job] })
	return done, errors.Join(errs...)
}

func (j *job) play(ctx context.Context) (*replay.Result, error) {
	o := app.ReplayOptions{Scenario: j.scenario, Seed: uint64(j.seed), ReportsAlone: j.evidence == alone, NoStreams: true} //nolint:gosec // small
	if j.draw == own {
		return app.Replay(ctx, o)
	}
	f, err := os.CreateTemp("", "scenario-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("write the scenario for the reference draw: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // a temporary file
	_, err = f.Write(j.text)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("write the scenario for the reference draw: %w", err)
	}
	return refdraw.Play(ctx, o, f.Name())
}
