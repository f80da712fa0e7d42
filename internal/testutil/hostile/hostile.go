// Package hostile has what strangers and vendors may send to a page, and the
// reader that says whether any of it has become more than text.
//
// [Values] are texts that would each break out of one place of one format if it
// were written there raw: an element, an attribute, a comment, a style, a line of
// a calendar, a header. All of them carry [Mark], and those that could run would
// set window.__pwned. [Inspect] reads a finished document by its type, as a
// browser, a feed reader or a calendar would, and gives every finding: an element
// or an attribute that the design does not have, an address that leads
// elsewhere, a line or a property that nobody meant.
package hostile

// Mark stands in every value, so that it can be seen where it has got to.
const Mark = "zqxpwn"

// run is what a script of a stranger's would do.
const run = "window.__pwned=1"

// Value is one hostile text.
type Value struct{ Says, Text string }

// Values are the hostile texts. Each is shorter than the shortest field for
// which its format is of interest.
func Values() []Value {
	return []Value{
		{"a script as it is", "<script>" + run + "</script>" + Mark},
		{"an element that loads and fails", "<img src=x onerror=" + run + ">" + Mark},
		{"out of a double-quoted attribute", `"><svg onload=` + run + ">" + Mark},
		{"a further attribute, double quotes", `" onmouseover="` + run + `" autofocus onfocus="` + run + `" ` + Mark + `="`},
		{"a further attribute, single quotes", `' onmouseover='` + run + `' ` + Mark + `='`},
		{"a further attribute, no quotes", "x onmouseover=" + run + " " + Mark + "=x"},
		{"out of title, textarea, style and script", "</title></textarea></style></script></option><script>" + run + "</script>" + Mark},
		{"out of a comment", "--><script>" + run + "</script>" + Mark},
		{"out of a CDATA section", "]]><script xmlns=\"http://www.w3.org/1999/xhtml\">" + run + "</script>" + Mark},
		{"an XML entity", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;" + Mark},
		{"an element of SVG that holds HTML", "<svg><foreignObject><body onload=" + run + "></foreignObject></svg>" + Mark},
		{"escaped already, for who unescapes twice", "&lt;script&gt;" + run + "&lt;/script&gt;&#60;img src=x onerror=" + run + "&#62;" + Mark},
		{"another base, and away from here", "<base href=https://evil.example/><meta http-equiv=refresh content=0;url=https://evil.example/>" + Mark},
		{"a form of a stranger's", "<form action=https://evil.example/><button formaction=javascript:" + run + ">" + Mark},
		{"an element that nobody knows", "<" + Mark + " style=position:fixed;inset:0>all is well</" + Mark + ">"},
		{"an address that is a script", "javascript:" + run + "//" + Mark},
		{"an address elsewhere", "https://evil.example/s/imessage?" + Mark},
		{"an address with a blank before it", "\x01 jav\tascript:" + run + "//" + Mark},
		{"a link of Markdown that is a script", "[" + Mark + "](javascript:" + run + ") [x](<jav&#x09;ascript:" + run + ">) <javascript:" + run + ">"},
		{"a link of Markdown with a document", "[" + Mark + "](data:text/html;base64,PHNjcmlwdD53aW5kb3cuX19wd25lZD0xPC9zY3JpcHQ+) [x](vbscript:" + run + ")"},
		{"a picture of Markdown", "![" + Mark + "](https://evil.example/pixel.png) ![x](//evil.example/y)"},
		{"a link of Markdown out of its attribute", "[" + Mark + "](https://evil.example/\"onmouseover=\"" + run + ") [x](https://evil.example/ 'y\" onclick=\"" + run + "')"},
		{"a reference and HTML of Markdown", "[" + Mark + "][1]\n\n[1]: javascript:" + run + "\n\n<div onclick=" + run + ">x</div>\n\n# huge\n"},
		{"actions of a template", "{{.CSS}}{{template \"end\" .}}${" + run + "}<%= 1 %>" + Mark},
		{"lines of a header", "a\r\nSet-Cookie: " + Mark + "=1\r\nLocation: https://evil.example/\r\n\r\n<script>" + run + "</script>"},
		{"lines of a header, encoded", "a%0d%0aSet-Cookie:%20" + Mark + "=1%0d%0a%0d%0a<script>" + run + "</script>"},
		{"lines of a calendar", "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:" + Mark + "\r\nATTENDEE:MAILTO:x@evil.example"},
		{"lines of a calendar behind a fold", "0123456789012345678901234567890123456789012345678901234567890123456789\n ATTACH:https://evil.example/" + Mark},
		{"lines of an event stream", "x\ndata: {\"page\":\"/\"}\nid: 9\nevent: page\n\n" + Mark},
		{"characters that turn text around", "\u202e" + Mark + "\u2066\u200b\u2028\u2029\ufeff"},
		{"characters that command a terminal", "\x1b]0;" + Mark + "\x07\x1b[31m\x00\x9b2J\u0085"},
		{"bytes that are no text", Mark + "\xff\xfe<\xc0\xbcscript>" + run},
	}
}
