package main

// preface says what the page is, and what to doubt about it.
func (r *report) preface() {
	r.line(`# Where a fault is: measured

Made by ` + "`go run ./bench/scope -write docs/benchmarks/scope.md`" + `. The method is that of internal/scan, which
the judge uses too; bench/scope/main.go tells what the data are.

What to know before believing it:

- One number is chosen by cross-validation, the share of the evidence that a condition must bring; a step of
  it is judged together with its neighbours, as a step that is good by itself only is good by chance. The rest
  is fixed: three attributes at most, a further value brings twice a condition's share, a spread of 0.05, and
  the calmer half of the minutes before is what is usual. Their form was settled while looking at these cases,
  and at the generated ones (whether the evidence is that of the best conjunction or of all cells), so the
  figures may be a little kind. With 68 cases the standard error of an F1 is about 0.05.
- The labels are an operator's. In several cases two conjunctions hold the very same sessions (a bitrate that
  only one of the content networks serves), and no method can know which of them was meant.
- RobustSpot-style and Adtributor-style are our own short forms of the published methods, with the same
  knowledge of what is usual; their settings are chosen by the same cross-validation. Published figures on these
  cases: RobustSpot 0.69 at its best setting, Adtributor 0.42, AutoRoot 0.26.
`)
}
