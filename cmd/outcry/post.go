package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/outcry/outcry"
)

// postCmd hands lines of standard input to a running server as posts.
type postCmd struct {
	remote
}

// Bounds of what goes out at once: a pipe that trickles is not held back.
const (
	postLines = 500
	postEvery = time.Second
	postLine  = 64 << 10
)

// posted is what the server answers.
type posted struct {
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	Signals  int `json:"signals"`
	Errors   []struct {
		Line    int    `json:"line"`
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// Run carries out outcry post.
func (c *postCmd) Run(ctx context.Context, s *streams) error {
	lines, failed := c.read(ctx, s.in)
	tick := time.NewTicker(postEvery)
	defer tick.Stop()
	var batch bytes.Buffer
	var all posted
	n, first := 0, 1
	flush := func() error {
		if n == 0 {
			return nil
		}
		err := c.send(ctx, s, &batch, first, &all)
		first, n = first+n, 0
		batch.Reset()
		return err
	}
	for open := true; open; {
		var line []byte
		select {
		case line, open = <-lines:
		case <-tick.C:
			if err := flush(); err != nil {
				return err
			}
			continue
		}
		if open {
			batch.Write(line)
			batch.WriteByte('\n')
			n++
		}
		if n == postLines || !open {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := *failed; err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "read standard input (a line is at most %d KiB)", postLine>>10)
	}
	_, err := fmt.Fprintf(s.out, "%d posts taken, %d refused; %d about watched services\n", all.Accepted, all.Refused, all.Signals)
	if err == nil && all.Refused > 0 {
		return verdict(exitFailed)
	}
	return err
}

// read brings lines one by one; the error is set before the channel closes.
func (c *postCmd) read(ctx context.Context, in io.Reader) (<-chan []byte, *error) {
	lines, failed := make(chan []byte), new(error)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(in)
		scan.Buffer(nil, postLine)
		for scan.Scan() {
			select {
			case lines <- bytes.Clone(scan.Bytes()):
			case <-ctx.Done():
				return
			}
		}
		*failed = scan.Err()
	}()
	return lines, failed
}

// send hands a batch over, and says what was refused by the input's own lines.
func (c *postCmd) send(ctx context.Context, s *streams, batch io.Reader, first int, all *posted) error {
	r := c.remote
	status, answer, err := r.ask(ctx, http.MethodPost, "/api/v1/posts", "application/x-ndjson", batch)
	if err != nil {
		return err
	}
	var got posted
	if err := json.Unmarshal(answer, &got); err != nil || got.Accepted+got.Refused == 0 {
		return r.refused(status, answer)
	}
	all.Accepted, all.Refused, all.Signals = all.Accepted+got.Accepted, all.Refused+got.Refused, all.Signals+got.Signals
	for _, e := range got.Errors {
		fmt.Fprintf(plain{s.err}, "-:%d: %s: %s\n", first+e.Line-1, e.Field, e.Message)
	}
	return nil
}
