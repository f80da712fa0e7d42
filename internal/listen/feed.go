package listen

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/mmcdole/gofeed"
)

// declaration is that of an XML document.
// fixed: it does not change after it is made.
var declaration = regexp.MustCompile(`^<\?xml[^>]*\?>`)

// ParseFeed reads the entries of an Atom, RSS or JSON feed. What is no feed, or
// one without a title, is an error.
func ParseFeed(body []byte) (*gofeed.Feed, error) {
	text, err := UTF8(body)
	if err != nil {
		return nil, fmt.Errorf("no feed: %w", err)
	}
	if !bytes.Equal(text, body) { // it was UTF-16, says so, and is no longer
		body = declaration.ReplaceAll(text, nil)
	}
	f, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("no feed: %w", err)
	}
	if f == nil || strings.TrimSpace(f.Title) == "" {
		return nil, errors.New("the feed has no title")
	}
	return f, nil
}
