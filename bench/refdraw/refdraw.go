// Package refdraw plays scenarios on the reference draw: what draw.py makes of
// a file and a seed goes through the pipeline while it is drawn.
package refdraw

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/outcry/outcry/internal/app"
	"github.com/outcry/outcry/internal/replay"
)

// Play replays o on the reference draw of the scenario file at path, with o's
// seed. It is run in the repository's root, and needs python3 with PyYAML.
func Play(ctx context.Context, o app.ReplayOptions, path string) (*replay.Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	draw := exec.CommandContext(ctx, "python3", "scenarios/draw.py", path, fmt.Sprint(o.Seed)) //nolint:gosec // our own script
	draw.Stderr = os.Stderr
	var err error
	if o.Signals, err = draw.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := draw.Start(); err != nil {
		return nil, fmt.Errorf("start the reference draw: %w", err)
	}
	r, err := app.Replay(ctx, o)
	if err != nil {
		stop()
	} else if _, err = io.Copy(io.Discard, o.Signals); err != nil { // what comes after the end
		err = fmt.Errorf("read the reference draw: %w", err)
	}
	return r, errors.Join(err, draw.Wait())
}
