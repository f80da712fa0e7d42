package classify

import (
	"cmp"
	"slices"
)

// names finds the names of services in a folded text.
type names struct {
	byStart map[[2]rune][]name // by the first two runes, longest name first
}

type name struct {
	text    []rune
	subject int // index of the service
}

func newNames(subjects []Subject) *names {
	n := &names{byStart: map[[2]rune][]name{}}
	for i, s := range subjects {
		for _, text := range s.Names {
			f := trim(fold(nil, text))
			if len(f) < 2 {
				continue // a name of one letter is in every post
			}
			key := [2]rune{f[0], f[1]}
			n.byStart[key] = append(n.byStart[key], name{f, i})
		}
	}
	for _, list := range n.byStart {
		slices.SortStableFunc(list, func(a, b name) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return n
}

func trim(r []rune) []rune {
	for len(r) > 0 && r[0] == gap {
		r = r[1:]
	}
	for len(r) > 0 && r[len(r)-1] == gap {
		r = r[:len(r)-1]
	}
	return r
}

// mark replaces each name in the text, in place, by the sign of the service,
// and calls found with whose it is. The longest name wins.
func (n *names) mark(text []rune, found func(subject int)) []rune {
	out := text[:0]
	prev := gap
	for i := 0; i < len(text); {
		m, hit := n.at(text, i, prev)
		if !hit {
			prev = text[i]
			out = append(out, prev)
			i++
			continue
		}
		for _, each := range n.byStart[[2]rune{m.text[0], m.text[1]}] {
			if slices.Equal(each.text, m.text) {
				found(each.subject)
			}
		}
		prev = m.text[len(m.text)-1]
		out = append(out, subject)
		i += len(m.text)
	}
	return out
}

// at finds the name that starts at a place.
func (n *names) at(text []rune, i int, prev rune) (name, bool) {
	if i+1 >= len(text) || wordly(prev) && prev != '\'' && !unspaced(prev) && !unspaced(text[i]) { // d'Orange is Orange
		return name{}, false
	}
	for _, m := range n.byStart[[2]rune{text[i], text[i+1]}] {
		end := i + len(m.text)
		if end > len(text) || !slices.Equal(text[i:end], m.text) {
			continue
		}
		last := m.text[len(m.text)-1]
		inTag := prev == '#' || prev == '@' // #imessagedown, @imessagesupport
		if end == len(text) || inTag || !wordly(text[end]) || unspaced(last) || unspaced(text[end]) || plural(text, end) {
			return m, true
		}
	}
	return name{}, false
}

// plural reports whether what follows a name is an s, or 's, and the word ends:
// "imessages won't send", "iMessage's down".
func plural(text []rune, end int) bool {
	if text[end] == '\'' {
		end++
	}
	return end < len(text) && text[end] == 's' && (end+1 == len(text) || !wordly(text[end+1]))
}
