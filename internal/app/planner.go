package app

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/page"
)

// planner keeps planned maintenance in the store, as one small document, and
// shows it on the board. Writers of several processes may overwrite each other
// within the same second: it is an operator's tool, used now and then.
type planner struct {
	book   settings
	board  *board
	agenda agenda // that of the configuration file, which the API shows and does not change
	touch  func()

	mu sync.Mutex
}

// settings are the store's named values.
type settings interface {
	Setting(ctx context.Context, key string) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte) error
}

const (
	maintenanceKey = "maintenances"
	// maintenanceKept is how long past work is kept, and maintenanceMost how
	// many there may be at a time.
	maintenanceKept = 400 * 24 * time.Hour
	maintenanceMost = 1000
)

// Maintenances implements web.Planner.
func (p *planner) Maintenances(ctx context.Context) ([]page.Maintenance, error) {
	all, err := p.stored(ctx)
	if err != nil {
		return nil, err
	}
	return append(all, p.agenda.shown(time.Now())...), nil
}

// stored is the work that was planned over the API.
func (p *planner) stored(ctx context.Context) ([]page.Maintenance, error) {
	data, err := p.book.Setting(ctx, maintenanceKey)
	switch {
	case outcry.CodeOf(err) == outcry.CodeNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	var all []page.Maintenance
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, outcry.Wrap(outcry.CodeInternal, err, "read the planned maintenance")
	}
	return all, nil
}

// PutMaintenance implements web.Planner.
func (p *planner) PutMaintenance(ctx context.Context, m page.Maintenance) error {
	if err := p.agenda.ours(m.ID); err != nil {
		return err
	}
	return p.change(ctx, func(all []page.Maintenance) ([]page.Maintenance, error) {
		all = without(all, m.ID)
		if len(all) >= maintenanceMost {
			return nil, outcry.Errorf(outcry.CodeConflict, "there are %d maintenances already: drop some", len(all))
		}
		return append(all, m), nil
	})
}

// DropMaintenance implements web.Planner.
func (p *planner) DropMaintenance(ctx context.Context, id string) error {
	if err := p.agenda.ours(id); err != nil {
		return err
	}
	return p.change(ctx, func(all []page.Maintenance) ([]page.Maintenance, error) {
		left := without(all, id)
		if len(left) == len(all) {
			return nil, outcry.Errorf(outcry.CodeNotFound, "there is no maintenance %q", id)
		}
		return left, nil
	})
}

func without(all []page.Maintenance, id string) []page.Maintenance {
	return slices.DeleteFunc(slices.Clone(all), func(m page.Maintenance) bool { return m.ID == id })
}

func (p *planner) change(ctx context.Context, how func([]page.Maintenance) ([]page.Maintenance, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	all, err := p.stored(ctx)
	if err != nil {
		return err
	}
	if all, err = how(all); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m page.Maintenance) bool { return time.Since(m.To) > maintenanceKept })
	data, err := json.Marshal(all)
	if err != nil {
		return outcry.Wrap(outcry.CodeInternal, err, "write the planned maintenance")
	}
	if err := p.book.PutSetting(ctx, maintenanceKey, data); err != nil {
		return err
	}
	p.board.plan(all)
	p.touch()
	return nil
}

// follow shows what other processes have planned.
func (p *planner) follow(ctx context.Context) error {
	for {
		p.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(republish):
		}
	}
}

// look shows what is in the store; what cannot be read stays as it was shown.
func (p *planner) look(ctx context.Context) {
	if all, err := p.stored(ctx); err == nil {
		p.board.plan(all)
	}
}

// plan shows planned maintenance.
func (b *board) plan(all []page.Maintenance) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.planned = all
}
