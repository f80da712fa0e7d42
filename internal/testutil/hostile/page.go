package hostile

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// The elements that the pages' design has.
const design = "html head meta title link style script body base " +
	"svg symbol defs pattern path use g rect circle line text tspan " +
	"a header nav main footer section article aside div p span h1 h2 h3 ul ol li dl dt dd " +
	"figure figcaption table thead tbody tr th td time bdi strong em del small code pre blockquote br img " +
	"form fieldset legend label input button textarea select option datalist details summary"

// Attributes that no element of ours has, and whose values would be run or
// fetched.
const never = "style srcdoc formaction ping background srcset http-equiv data codebase archive poster manifest " + Mark

// page reads HTML as a browser would.
func page(body []byte) (found []string) {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return []string{"is not HTML: " + err.Error()}
	}
	for n := range root.Descendants() {
		switch n.Type {
		case html.CommentNode:
			found = append(found, "has a comment: "+n.Data)
		case html.ElementNode:
			found = append(found, element(n)...)
		default:
		}
	}
	return found
}

func element(n *html.Node) (found []string) {
	if !oneOf(n.Data, design) {
		found = append(found, "has grown a <"+n.Data+">")
	}
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		switch {
		case n.Data == "meta" && key == "http-equiv" && a.Val == "Content-Security-Policy":
		case strings.HasPrefix(key, "on") || oneOf(key, never) || strings.ContainsAny(key, `"'<>=`):
			found = append(found, "has the attribute "+a.Key+" on <"+n.Data+">")
		case oneOf(key, "href src action cite longdesc"):
			found = append(found, address(n, key, a.Val)...)
		}
	}
	if n.Data == "script" && !ownScript(n) {
		found = append(found, "has a script of its own")
	}
	return found
}

// ownScript reports whether a script is one of the design's two: the one that is
// loaded, or the one in the head that runs before anything is painted. Of the
// latter's text the policy has the hash; a test of the pages holds it to that.
func ownScript(n *html.Node) bool {
	if n.FirstChild == nil {
		return attr(n, "src") != "" && attr(n, "integrity") != ""
	}
	return n.Parent.Data == "head" && len(n.Attr) == 1 && attr(n, "id") == "first" && !strings.Contains(n.FirstChild.Data, Mark)
}

// address judges where an element leads or what it loads.
func address(n *html.Node, key, to string) []string {
	wrong := []string{"leads to " + to + " by " + key + " of <" + n.Data + ">"}
	switch n.Data {
	case "script", "img", "form":
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			return wrong
		}
		return nil
	case "use":
		if !strings.HasPrefix(to, "#") {
			return wrong
		}
		return nil
	case "link":
		if own(to) || strings.HasPrefix(to, "data:image/svg+xml,") {
			return nil
		}
		return wrong
	case "a":
		if own(to) || fromMarkdown(n) && elsewhere(to) {
			return nil
		}
	}
	return wrong
}

// own is an address on this site, or on one of the tests' other hosts.
func own(to string) bool {
	u, err := url.Parse(to)
	if err != nil || strings.ContainsAny(to, "\r\n\t\\") {
		return false
	}
	if strings.HasSuffix(u.Host, ".example.org") && u.Scheme == "https" && u.User == nil {
		return true
	}
	return u.Scheme == "" && u.Host == "" && u.Opaque == "" && (strings.HasPrefix(to, "/") || strings.HasPrefix(to, "#") || strings.HasPrefix(to, "?"))
}

// elsewhere is an address that an operator's words may lead to.
func elsewhere(to string) bool {
	u, err := url.Parse(to)
	return err == nil && oneOf(u.Scheme, "https http mailto tel")
}

// fromMarkdown reports whether a link stands in an operator's words, and leads
// there without a recommendation.
func fromMarkdown(n *html.Node) bool {
	if rel := attr(n, "rel"); !strings.Contains(rel, "nofollow") || !strings.Contains(rel, "noreferrer") {
		return false
	}
	for p := range n.Ancestors() {
		if oneOf("md", attr(p, "class")) {
			return true
		}
	}
	return false
}

// fragment is a text that a reader takes for HTML: only lines may come of it.
func fragment(text string) (found []string) {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return []string{"is not HTML: " + err.Error()}
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && (!oneOf(n.Data, "html head body p br") || len(n.Attr) > 0) {
			found = append(found, "what readers take for HTML has grown a <"+n.Data+">")
		}
	}
	return found
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
