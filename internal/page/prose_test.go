package page

import "testing"

func TestProse(t *testing.T) {
	for _, c := range []struct{ says, markdown, want string }{
		{"nothing", "", ""},
		{"paragraphs and lines stay", "We look.\r\n\r\nIt may take\r\nan hour.", "We look.\n\nIt may take\nan hour."},
		{"marks go, underscores within a word stay", "**Orders** in `queue_a` _wait_, ~~all~~ most.", "Orders in queue_a wait, all most."},
		{"a list keeps its lines", "Failing:\n- mail\n- a < b & c\n\nAll else works.", "Failing:\n\n- mail\n- a < b & c\n\nAll else works."},
		{"a list of paragraphs does too", "- mail\n\n- calls", "- mail\n- calls"},
		{"numbers", "1. restart\n2. wait", "1. restart\n2. wait"},
		{"a list in a list", "- mail\n  - late\n- calls", "- mail\n  - late\n- calls"},
		{"a link has its address", "See [the plan](https://x.example/?a=1&b=2).", "See the plan (https://x.example/?a=1&b=2)."},
		{"an address that is a link stands once", "See https://x.example/a and ops@x.example.", "See https://x.example/a and ops@x.example."},
		{"a link that may not be followed is its words", "[here](javascript:alert(1))", "here"},
		{"code keeps its lines", "Run:\n\n    a\n\n    b", "Run:\n\na\n\nb"},
		{"HTML and pictures are left out", "We <script>look</script> ![x](https://x.example/p.png)on.", "We look on."},
		{"a quote", "> they say\n> so\n\nWe do not.", "they say\nso\n\nWe do not."},
	} {
		if got := prose(c.markdown); got != c.want {
			t.Errorf("%s: %q, want %q", c.says, got, c.want)
		}
	}
}

func FuzzProse(f *testing.F) {
	for _, s := range []string{"- a\n  1. b\n\n> c", "[x](https://y) `z` **q**", "    code\n\n</li></ul></a>", "<a href='"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := prose(s); len(got) > 16*maxText+64 {
			t.Errorf("%d bytes of %d", len(got), len(s))
		}
	})
}
