package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake of a configuration, with its place.
type Error struct {
	File    string
	Line    int // from 1; 0 when the mistake has no place within the file
	Column  int // from 1
	Message string
}

// Error is FILE:LINE:COLUMN: message, the form that editors jump to.
func (e Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Errors are all mistakes of a configuration, in the order of the file.
type Errors []Error

// Error has one line per mistake, without a line feed at the end: what
// `outcry check` prints.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i := range e {
		lines[i] = e[i].Error()
	}
	return strings.Join(lines, "\n")
}

// orNil is the list as an error: nil when it is empty, else sorted by place
// and without repeats (an alias followed twice finds the same mistake twice).
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	slices.SortStableFunc(e, func(a, b Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(e)
}

// place is where something stands in a file.
type place struct {
	file         string
	line, column int
}

func (p place) errorf(format string, args ...any) Error {
	return Error{File: p.file, Line: p.line, Column: p.column, Message: fmt.Sprintf(format, args...)}
}
