package intake

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"unicode"

	"github.com/outcry/outcry"
)

// maxRemark is how much of a comment is kept, in characters: what a person
// writes in one breath. Pages have room for no more.
const maxRemark = 500

// remark puts a report's comment into the workspace, for when the report is
// stored. A network that has commented enough is not refused: its reports count,
// and their comments are left out.
func (d *Door) remark(w *workspace, r *Raw, by *Caller, s *outcry.Signal) {
	if r.Comment == "" || d.parts.Remarks == nil || !d.config.Comments[s.Service] {
		return
	}
	text := tidy(r.Comment, maxRemark)
	if text == "" {
		return
	}
	if a, _ := who(r, by); a.IsValid() && !by.Exempt && !d.exempt(a) && d.remarks.take(a, d.parts.Now()) > 0 {
		d.metrics.comments.WithLabelValues("left out").Inc()
		return
	}
	w.comments = append(w.comments, outcry.Comment{ID: remarkID(s.ID), Service: s.Service, Symptom: s.Symptom, At: s.At, Text: text})
}

// remarkID follows from a report's idempotency, and cannot be followed back.
func remarkID(report uint64) string {
	if report == 0 {
		return ""
	}
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("comment"), report))
	return "r" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:12]))
}

// tell hands on the comments of reports that are stored.
func (d *Door) tell(w *workspace) {
	for i := range w.comments {
		d.parts.Remarks.Remark(w.comments[i])
		d.metrics.comments.WithLabelValues("taken").Inc()
	}
	w.comments = w.comments[:0]
}

// tidy makes one paragraph of what somebody wrote: without characters that
// command, hide or turn text around, and at most limit characters long.
func tidy(s string, limit int) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			blank = n > 0
			continue
		case !unicode.IsGraphic(r) && r != '\u200d': // the joiner makes emoji whole
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
			n++
		}
		if n >= limit {
			return strings.TrimSpace(b.String()) + "…"
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
