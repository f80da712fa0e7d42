package page

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
)

// A drawing keeps what draws and loses all else.
func TestCleanSVG(t *testing.T) {
	const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 12"`
	const want = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 12">`
	for _, c := range []struct{ says, in, out string }{
		{"what draws stays", head + `><path d="M0 0h9" fill="#c00" transform="scale(2)"/></svg>`, want + `<path d="M0 0h9" fill="#c00" transform="scale(2)"></path></svg>`},
		{"a script goes with all that is in it", head + `><script>a<g/></script><g/></svg>`, want + `<g></g></svg>`},
		{"what happens on an event goes", head + ` onload="x()"><g onclick="x()" id="a"/></svg>`, want + `<g id="a"></g></svg>`},
		{"foreign content goes", head + `><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject></svg>`, want + `</svg>`},
		{"elements of other kinds are no SVG, whatever their names", head + `><g xmlns="http://www.w3.org/1999/xhtml"/></svg>`, want + `</svg>`},
		{"pictures and links are fetched or followed, and go", head + `><image href="https://x.example/p"/><a href="https://x.example"><g/></a></svg>`, want + `</svg>`},
		{"what is used is within", head + ` xmlns:xlink="http://www.w3.org/1999/xlink"><use xlink:href="#a"/><use href="https://x.example/#a"/></svg>`, want + `<use href="#a"></use><use></use></svg>`},
		{"a fill from elsewhere goes, one from within stays", head + `><g fill="url(#g)" stroke="url(https://x.example)"/></svg>`, want + `<g fill="url(#g)"></g></svg>`},
		{"a style that imports goes", head + `><style>@import "x"</style></svg>`, want + `<style></style></svg>`},
		{"a style that hides what it fetches goes", head + `><style>a{fill:u\72l(x)}</style></svg>`, want + `<style></style></svg>`},
		{"a plain style stays", head + `><style>.a{fill:#c00}</style></svg>`, want + `<style>.a{fill:#c00}</style></svg>`},
		{"a style cannot end itself", head + `><style>&lt;/style&gt;&lt;script&gt;</style></svg>`, want + `<style>&lt;/style&gt;&lt;script&gt;</style></svg>`},
		{"animations change what was looked at, and go", head + `><set attributeName="href" to="x"/><animate/></svg>`, want + `</svg>`},
		{"comments and instructions go", `<?xml version="1.0"?><?xml-stylesheet href="x"?><!-- a -->` + head + `/>`, want + `</svg>`},
	} {
		got, width, height, err := cleanSVG([]byte(c.in))
		if err != nil || string(got) != c.out || width != 24 || height != 12 {
			t.Errorf("%s: %v %vx%v\n got %s\nwant %s", c.says, err, width, height, got, c.out)
		}
	}
	for _, c := range []struct{ says, in string }{
		{"text is no drawing", "hello"}, {"HTML is none", "<html><svg/></html>"}, {"nothing is none", ""}, {"one without a size has no place", "<svg/>"},
		{"one that is cut off", head + "><g>"}, {"entities of its own", `<!DOCTYPE svg [<!ENTITY a "b">]>` + head + `>&a;</svg>`},
		{"deeper than any logo", head + ">" + strings.Repeat("<g>", 100) + strings.Repeat("</g>", 100) + "</svg>"},
		{"larger than any logo", head + ">" + strings.Repeat("<g/>", 3000) + "</svg>"}, {"two of them", head + "/>" + head + "/>"},
	} {
		if got, _, _, err := cleanSVG([]byte(c.in)); err == nil {
			t.Errorf("%s: is taken as %s", c.says, got)
		}
	}
}

// Whatever comes in, what comes out is XML of the elements and attributes that
// draw, and comes out the same a second time.
func FuzzCleanSVG(f *testing.F) {
	f.Add([]byte(`<svg viewBox="0 0 1 1"><style>a</style><use href="#b"/><g fill="url( '#x')">&lt;</g></svg>`))
	f.Add([]byte(`<svg width="3px" height="4"><script/><x:g xmlns:x="y"/><![CDATA[<]]></svg>`))
	f.Fuzz(func(t *testing.T, file []byte) {
		out, width, height, err := cleanSVG(file)
		if err != nil {
			return
		}
		if !(width > 0 && height > 0) {
			t.Fatalf("%v by %v", width, height)
		}
		d := xml.NewDecoder(bytes.NewReader(out))
		for {
			token, err := d.Token()
			if token == nil {
				break
			}
			if err != nil {
				t.Fatalf("%v: %q", err, out)
			}
			if e, ok := token.(xml.StartElement); ok {
				for _, a := range e.Attr {
					if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
						t.Fatalf("an event: %q", out)
					}
				}
			}
		}
		again, _, _, err := cleanSVG(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("a second time: %v\n%q\n%q", err, out, again)
		}
	})
}
