// Package classify reads public posts: which watched service one is about,
// whether it complains that the service fails, and what and where. It is pure
// and takes microseconds a post.
//
//	reader := classify.NewReader(classify.Subjects{…})
//	r := reader.Read("is iMessage down in Texas?")   // {Services: [imessage], P: 0.97, Region: "US-TX"}
//	if r.Complains() { … }
//
// # How it decides
//
// A logistic regression over hashed features: the words of the post, pairs and
// triples of them, and runs of three to five letters within words, or of one to
// three where a script does not part its words. The name of the service stands
// as one and the same sign in all of them, so that "is X down" is learned once
// for every X. The weights are quantised to a byte each and embedded; the
// program in internal/classify/traintest makes them from data/train.*.tsv, which were
// written for this purpose in English, Spanish, German, French, Portuguese and
// Japanese. docs/listening.md has precision and recall on data/held.tsv and
// data/blind.tsv, after whose mistakes the training texts were widened, on
// data/fresh.tsv, which was written without sight of any of them, and on public
// data. Tune nothing on data/fresh.tsv: it would be no measure any more.
//
// Hashing: Weinberger et al., Feature Hashing for Large Scale Multitask
// Learning, ICML 2009. Sub-word features: Bojanowski et al., Enriching Word
// Vectors with Subword Information, TACL 2017.
package classify
