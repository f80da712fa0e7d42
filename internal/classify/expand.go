package classify

import (
	"fmt"
	"math"
	"strings"
)

// ReadExamples reads lines of LABEL<TAB>TEXT, LABEL + or -, and writes each
// text out in all its variants: {a|b|} stands for a, b or nothing; {} alone is
// the name of the service.
func ReadExamples(name, data string) ([]Example, error) {
	var out []Example
	for i, line := range strings.Split(strings.TrimSpace(data), "\n") {
		label, text, ok := strings.Cut(line, "\t")
		if !ok || label != "+" && label != "-" {
			return nil, fmt.Errorf("%s:%d: want + or -, a tab, and a text", name, i+1)
		}
		variants := expand(text)
		weight := 1 / math.Sqrt(float64(len(variants)))
		for _, t := range variants {
			out = append(out, Example{Text: strings.Join(strings.Fields(t), " "), Complains: label == "+", Weight: weight})
		}
	}
	return out, nil
}

// expand writes out the first choice of a text, and then those after it.
func expand(text string) []string {
	for at := 0; at < len(text); at++ {
		if text[at] != '{' || at+1 < len(text) && text[at+1] == '}' {
			continue
		}
		end, choices := choicesAt(text, at)
		if end < 0 {
			break
		}
		var out []string
		for _, rest := range expand(text[end:]) {
			for _, c := range choices {
				for _, inner := range expand(c) {
					out = append(out, text[:at]+inner+rest)
				}
			}
		}
		return out
	}
	return []string{text}
}

// choicesAt reads the choice that opens at a place; end is behind its bracket,
// and negative when it is not closed.
func choicesAt(text string, at int) (end int, choices []string) {
	depth, from := 0, at+1
	for i := at; i < len(text); i++ {
		switch {
		case text[i] == '{':
			depth++
		case text[i] == '|' && depth == 1:
			choices = append(choices, text[from:i])
			from = i + 1
		case text[i] == '}':
			if depth--; depth == 0 {
				return i + 1, append(choices, text[from:i])
			}
		}
	}
	return -1, nil
}
