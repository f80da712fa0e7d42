// Package scan says where a fault is: given a cube of leaf cells, each with
// what was counted in it and what was to be expected, it finds the conjunction
// of a few attributes, each with a set of values, that explains what was
// counted, or says that the fault is not confined.
//
// # Model
//
// In the fault the expected count B of a cell is θB, elsewhere it stays B. A
// cell's counts spread more than Poisson's by a factor of its own with relative
// variance α (its Spread: no expectation is exact, and no fault hits all its
// cells alike), so they are negative binomial, and the cell's vote for
// belonging to a fault of strength θ is its log-likelihood ratio
//
//	v(θ) = C ln θ − (C + 1/α) ln[(1 + αθB)/(1 + αB)]     α > 0
//	v(θ) = C ln θ − B(θ − 1)                             α = 0
//
// The spread bounds what one large cell can say: with it, a few giant cells
// do not decide alone. Given θ, votes add up, so the evidence of a set of cells
// is F(S) = max over θ of Σ v, and over one attribute the best set of values is
// simply those whose votes outweigh their price: the subset scan in linear time
// (Neill 2012) in its penalised form (Speakman, Somanchi, McFowland, Neill
// 2016).
//
// # Choice
//
// Conjunctions are ranked by F(S) − F(Sᶜ) − price: what they explain, less what
// they leave unexplained (which keeps a fault that reaches everywhere from being
// called one of its larger parts), less the price of saying them. Naming one of
// n values costs ln n nats, as in any description; "everywhere" costs nothing,
// and wins over all that do not beat it after that.
//
// Of the conjunctions that do, the simple are preferred: what a model gets wrong
// grows with the evidence (a hundredfold count makes a hundred times more of
// every imperfection), so each attribute, and each value beyond the first, must
// also bring a share of the evidence that the best of them has.
//
// Failures among attempts are counts too: let Expect be the attempts times the
// usual share of failures.
//
// # Search
//
// For every set of at most three attributes and every θ, votes are summed by
// the values of these attributes. If the subsets of all but the widest
// attribute are few they are all tried, with the best set of the widest given
// each, which is exact; if they are many (beyond some 2¹⁸ sums), sets are
// improved one attribute at a time from many starts, which in noisy cubes misses
// the very best in one of fourteen, by a few nats. A few thousand cells take
// milliseconds. The order of cells changes nothing, not even the last bit.
package scan
