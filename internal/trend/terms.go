package trend

import (
	"strings"
	"unicode"
)

// Terms calls add with the terms of a post that may trend by themselves: its
// hashtags, and the pairs of neighbouring words of three letters and more,
// folded to lower case. At most maxTerms of one post.
func Terms(text string, add func(string)) {
	n, prev := 0, ""
	for word := range strings.FieldsSeq(text) {
		if n >= maxTerms {
			return
		}
		if strings.HasPrefix(word, "http") || strings.HasPrefix(word, "@") {
			prev = ""
			continue
		}
		tag := strings.HasPrefix(word, "#")
		word = strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
		switch {
		case tag && word != "":
			add("#" + word)
			n++
		case len(word) >= 3 && prev != "":
			add(prev + " " + word)
			n++
		}
		prev = ""
		if len(word) >= 3 {
			prev = word
		}
	}
}

const maxTerms = 24
