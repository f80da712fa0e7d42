package listen

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/mmcdole/gofeed"
)

// ParseFeed reads the entries of an Atom, RSS or JSON feed. What is no feed, or
// one without a title, is an error.
func ParseFeed(body []byte) (*gofeed.Feed, error) {
	f, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("no feed: %w", err)
	}
	if f == nil || strings.TrimSpace(f.Title) == "" {
		return nil, errors.New("the feed has no title")
	}
	return f, nil
}
