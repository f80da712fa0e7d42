package backtest

import (
	"strings"
	"testing"
	"time"
)

func TestReadLabels(t *testing.T) {
	nab := `{"windows": {"realTweets/x.csv": [["2015-03-03 04:37:53.000000", "2015-03-04 13:37:53.000000"]], "y.csv": []}, "labels": {}}`
	cases := []struct{ says, in, series, from, to string }{
		{"lines of start,end", "2015-03-03 04:37:53,2015-03-04T13:37:53Z\n", "x.csv", "2015-03-03T04:37:53Z", "2015-03-04T13:37:53Z"},
		{"a header says which columns they are", "id,downtime_start,downtime_end,text\n7,2015-03-03,2015-03-04,a\n", "x.csv", "2015-03-03T00:00:00Z", "2015-03-04T00:00:00Z"},
		{"seconds since 1970", "from,to\n0,60\n", "x.csv", "1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z"},
		{"the Numenta Anomaly Benchmark's, by the name of the file", nab, "/some/where/x.csv", "2015-03-03T04:37:53Z", "2015-03-04T13:37:53Z"},
		{"its windows alone", `{"a/x.csv": [["2015-03-03 04:37:53", "2015-03-04 13:37:53"]]}`, "x.csv", "2015-03-03T04:37:53Z", "2015-03-04T13:37:53Z"},
	}
	for _, c := range cases {
		ws, err := ReadLabels("labels", strings.NewReader(c.in), c.series, time.UTC)
		if err != nil || len(ws) != 1 || ws[0].From.Format(time.RFC3339) != c.from || ws[0].To.Format(time.RFC3339) != c.to {
			t.Errorf("%s: %v, %v", c.says, ws, err)
		}
	}
}

func TestReadLabelsRefuses(t *testing.T) {
	cases := []struct{ says, in, want string }{
		{"a window that ends before it starts", "start,end\n60,0\n", "labels:2: the window ends before it starts"},
		{"a line without an end", "0,60\n120\n", "labels:2: want a start and an end"},
		{"no time", "0,60\n1,soon\n", `labels:2: "soon" is no time`},
		{"JSON of another series", `{"windows": {"a.csv": []}}`, "no windows of a file named x.csv"},
		{"broken JSON", "{\n\"windows\": [,\n", "labels:2: "},
		{"JSON of another shape", `{"windows": {"x.csv": 1}}`, "labels:1: "},
	}
	for _, c := range cases {
		if _, err := ReadLabels("labels", strings.NewReader(c.in), "x.csv", time.UTC); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.says, err, c.want)
		}
	}
}

func FuzzReadLabels(f *testing.F) {
	f.Add("start,end\n0,60\n")
	f.Add(`{"windows": {"x.csv": [["0", "60"]]}}`)
	f.Fuzz(func(t *testing.T, in string) {
		ws, err := ReadLabels("labels", strings.NewReader(in), "x.csv", time.UTC)
		for i, w := range ws {
			if err == nil && (w.To.Before(w.From) || (i > 0 && w.From.Before(ws[i-1].From))) {
				t.Fatalf("window %d is %v", i, w)
			}
		}
	})
}
