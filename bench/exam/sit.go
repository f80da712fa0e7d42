package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/outcry/outcry/bench/refdraw"
	"github.com/outcry/outcry/internal/app"
	"github.com/outcry/outcry/internal/replay"
)

// sit plays the papers, several at a time, and marks them.
func sit(ctx context.Context, papers []*paper, o *options) ([]mark, error) {
	began := time.Now()
	var mu sync.Mutex
	var marks []mark
	var errs []error
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(o.workers, 1) {
		workers.Go(func() {
			for i := range next {
				p := papers[i]
				m, err := p.sit(ctx, o.twice > 0 && i%o.twice == 0, o.kept)
				mu.Lock()
				if err != nil && ctx.Err() == nil {
					errs = append(errs, fmt.Errorf("play %s: %w", p, err))
				} else if err == nil {
					marks = append(marks, m)
					log.Printf("%d of %d: %s (%s draw, %.1f s): %s", len(marks), len(papers), p, p.draw, m.result.WallS, strings.Join(m.wrong(), "; "))
				}
				mu.Unlock()
			}
		})
	}
	for i := range papers {
		if time.Since(began) < o.limit && ctx.Err() == nil {
			next <- i
		}
	}
	close(next)
	workers.Wait()
	slices.SortFunc(marks, func(a, b mark) int {
		return slices.Index(papers, a.paper) - slices.Index(papers, b.paper)
	})
	return marks, errors.Join(errs...)
}

// sit plays one paper, keeps the whole answer, and marks it.
func (p *paper) sit(ctx context.Context, twice, kept bool) (mark, error) {
	if kept {
		if r, err := p.answer(); err == nil {
			return examine(p, r), nil
		}
	}
	r, err := p.play(ctx)
	if err != nil {
		return mark{}, err
	}
	text, err := untimed(r)
	if err != nil {
		return mark{}, err
	}
	if err := os.WriteFile(p.answerPath(), text, 0o644); err != nil { //nolint:gosec // for everybody to read
		return mark{}, fmt.Errorf("keep an answer: %w", err)
	}
	m := examine(p, r)
	if !twice {
		return m, nil
	}
	again, err := p.play(ctx)
	if err != nil {
		return mark{}, err
	}
	second, err := untimed(again)
	if err == nil && !bytes.Equal(text, second) {
		m.faults = append(m.faults, "two runs differ")
	}
	return m, err
}

func (p *paper) answerPath() string { return strings.TrimSuffix(p.path, ".yaml") + ".json" }

// answer is the one that was kept.
func (p *paper) answer() (*replay.Result, error) {
	text, err := os.ReadFile(p.answerPath())
	if err != nil {
		return nil, err
	}
	var r replay.Result
	return &r, json.Unmarshal(text, &r)
}

// untimed is the answer as it is printed, but for the time that it took.
func untimed(r *replay.Result) ([]byte, error) {
	c := *r
	c.WallS = 0
	return json.MarshalIndent(&c, "", " ")
}

func (p *paper) play(ctx context.Context) (*replay.Result, error) {
	o := app.ReplayOptions{Scenario: p.scenario, Seed: uint64(p.seed), NoStreams: true} //nolint:gosec // small
	if p.draw != "reference" {
		return app.Replay(ctx, o)
	}
	return refdraw.Play(ctx, o, p.path)
}
