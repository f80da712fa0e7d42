package backtest

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/outcry/outcry"
)

// Window is a stretch in which something is known to have been wrong.
type Window struct{ From, To time.Time }

// maxLabels bounds a file of labels, in bytes.
const maxLabels = 64 << 20

// ReadLabels reads the windows of a series: either a CSV of start,end (a header
// may say which columns they are), or the JSON of the Numenta Anomaly Benchmark,
// of which the entry is taken whose file name is the series'.
func ReadLabels(name string, in io.Reader, series string, zone *time.Location) ([]Window, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxLabels+1))
	if err != nil {
		return nil, outcry.Wrap(outcry.CodeUnavailable, err, "read %s", name)
	}
	if len(data) > maxLabels {
		return nil, outcry.Errorf(outcry.CodeInvalid, "%s: larger than %d bytes", name, maxLabels)
	}
	var ws []Window
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '{' {
		ws, err = readNAB(name, data, series, zone)
	} else {
		ws, err = readWindows(name, data, zone)
	}
	slices.SortFunc(ws, func(a, b Window) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	return ws, err
}

// readNAB takes {"windows": {"folder/series.csv": [[from, to], …]}}, or the inner
// object alone.
func readNAB(name string, data []byte, series string, zone *time.Location) ([]Window, error) {
	var both struct {
		Windows map[string][][2]string `json:"windows"`
	}
	err := json.Unmarshal(data, &both)
	byFile := both.Windows
	if err == nil && byFile == nil {
		err = json.Unmarshal(data, &byFile)
	}
	if err != nil {
		return nil, wrong(name, lineOf(data, err), "%w", err)
	}
	for file, pairs := range byFile {
		if path.Base(file) != path.Base(series) {
			continue
		}
		var ws []Window
		for _, p := range pairs {
			w, err := window(p[0], p[1], zone)
			if err != nil {
				return nil, outcry.Wrap(outcry.CodeInvalid, err, "%s: windows of %s", name, file)
			}
			ws = append(ws, w)
		}
		return ws, nil
	}
	return nil, outcry.Errorf(outcry.CodeInvalid, "%s: has no windows of a file named %s", name, path.Base(series))
}

// lineOf is where JSON is broken, as well as the decoder tells.
func lineOf(data []byte, err error) int {
	at := int64(0)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = e.Offset
	}
	return 1 + bytes.Count(data[:min(at, int64(len(data)))], []byte("\n"))
}

func window(from, to string, zone *time.Location) (w Window, err error) {
	if w.From, err = parseTime(strings.TrimSpace(from), zone); err != nil {
		return w, err
	}
	if w.To, err = parseTime(strings.TrimSpace(to), zone); err != nil {
		return w, err
	}
	if w.To.Before(w.From) {
		return w, errors.New("the window ends before it starts")
	}
	return w, nil
}

func readWindows(name string, data []byte, zone *time.Location) ([]Window, error) {
	b := withoutMark(bytes.NewReader(data))
	r := csv.NewReader(b)
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator(b), -1, true
	var ws []Window
	from, to := 0, 1
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return ws, nil
		}
		if err != nil {
			return nil, csvError(name, err)
		}
		if first && header(record) {
			from, to = column(record, "start", "from", 0), column(record, "end", "to", 1)
			continue
		}
		line, _ := r.FieldPos(0)
		if len(record) <= max(from, to) {
			return nil, wrong(name, line, "want a start and an end")
		}
		w, err := window(record[from], record[to], zone)
		if err != nil {
			return nil, wrong(name, line, "%w", err)
		}
		ws = append(ws, w)
	}
}

// column finds a header's column: of this name, or one that contains it.
func column(header []string, name, other string, otherwise int) int {
	for _, match := range []func(string) bool{
		func(h string) bool { return h == name || h == other },
		func(h string) bool { return strings.Contains(h, name) },
	} {
		if i := slices.IndexFunc(header, func(h string) bool { return match(strings.ToLower(strings.TrimSpace(h))) }); i >= 0 {
			return i
		}
	}
	return otherwise
}

// withoutMark drops the byte order mark that some spreadsheets write.
func withoutMark(in io.Reader) *bufio.Reader {
	b := bufio.NewReader(in)
	if start, err := b.Peek(3); err == nil && string(start) == "\uFEFF" {
		_, _ = b.Discard(3) // they are there
	}
	return b
}
