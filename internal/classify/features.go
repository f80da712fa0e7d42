package classify

import (
	"unicode"
	"unicode/utf8"
)

// Buckets is how many hashed features there are, a power of two.
const Buckets = 1 << 16

// maxRunes is how much of a post is read: more than any network lets people
// write, and a bound for what a stranger can cost.
const maxRunes = 1024

// subject stands for the name of the service, and place for a link or mention.
const (
	subject = '\uE000'
	gap     = ' '
)

// features calls add with the bucket of each feature of a folded text.
func features(text []rune, add func(bucket uint32)) {
	var words [3]uint32 // hashes of the last words, newest first
	n := 0
	for start := 0; start < len(text); {
		end := wordEnd(text, start)
		if end == start {
			start++
			continue
		}
		w := text[start:end]
		h := hash(1, w)
		words[2], words[1], words[0] = words[1], words[0], h
		n++
		add(h % Buckets)
		if n > 1 {
			add(mix(words[1], words[0]) % Buckets)
		}
		if n > 2 {
			add(mix(mix(words[2], words[1]), words[0]) % Buckets)
		}
		if unspaced(w[0]) {
			grams(w, 1, 4, add)
		} else if len(w) > 3 {
			grams(w, 3, 5, add)
		}
		start = end
	}
}

// grams adds the runs of lo to hi runes of a word.
func grams(w []rune, lo, hi int, add func(uint32)) {
	for i := range w {
		h := uint32(2166136261)
		for n := 1; n <= hi && i+n <= len(w); n++ {
			h = step(h, w[i+n-1])
			if n >= lo {
				edge := uint32(0)
				if i == 0 {
					edge = 0x9e37
				}
				if i+n == len(w) {
					edge += 0x79b9
				}
				add(mix(h, edge+uint32(n)) % Buckets)
			}
		}
	}
}

// wordEnd finds the end of the word that starts at i; i itself when none does.
func wordEnd(text []rune, i int) int {
	r := text[i]
	if r == subject || r == '?' || r == '!' {
		return i + 1
	}
	if !wordly(r) {
		return i
	}
	cjk := unspaced(r)
	end := i + 1
	for end < len(text) && text[end] != subject && wordly(text[end]) && unspaced(text[end]) == cjk {
		end++
	}
	return end
}

func wordly(r rune) bool {
	return r != '?' && r != '!' && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == 'ー')
}

// unspaced reports whether the script of a rune is written without spaces
// between words.
func unspaced(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) || r == 'ー'
}

func hash(seed uint32, w []rune) uint32 {
	h := uint32(2166136261) ^ seed
	for _, r := range w {
		h = step(h, r)
	}
	return mix(h, seed)
}

// step is FNV-1a over runes.
func step(h uint32, r rune) uint32 { return (h ^ uint32(r)) * 16777619 }

// mix spreads two hashes over one (the finaliser of MurmurHash3).
func mix(a, b uint32) uint32 {
	h := a ^ (b*0x9e3779b1 + 0x85ebca6b + a<<6 + a>>2)
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}

// fold brings a text into the form that features are taken from: lower case,
// full-width forms narrow, typographic apostrophes plain, links dropped, at most
// maxRunes runes. It appends to out.
func fold(out []rune, text string) []rune {
	link := false
	prev := gap
	for i, r := range text {
		if len(out) >= maxRunes {
			break
		}
		link = link || prev == gap && r == 'h' && isLink(text[i:])
		r = foldRune(r)
		if link && r != gap {
			continue
		}
		link = false
		if r != gap || prev != gap {
			out = append(out, r)
		}
		prev = r
	}
	return out
}

// dropMentions takes out, in place, who is addressed: @somebody, unless that is
// the service itself.
func dropMentions(text []rune) []rune {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == '@' && i+1 < len(text) && text[i+1] != subject {
			for i+1 < len(text) && text[i+1] != gap {
				i++
			}
			continue
		}
		out = append(out, text[i])
	}
	return out
}

func foldRune(r rune) rune {
	switch {
	case r == '’' || r == '‘' || r == '`' || r == '´':
		return '\''
	case r == '？' || r == '¿':
		return '?'
	case r == '！' || r == '¡':
		return '!'
	case r >= 0xFF01 && r <= 0xFF5E: // full-width ASCII
		return unicode.ToLower(r - 0xFEE0)
	case r == utf8.RuneError || r == subject || unicode.IsSpace(r) || unicode.IsControl(r):
		return gap
	}
	return unicode.ToLower(r)
}

func isLink(s string) bool {
	return len(s) > 8 && (s[:7] == "http://" || s[:8] == "https://")
}
