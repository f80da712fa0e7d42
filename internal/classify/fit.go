package classify

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
)

// Example is a text whose answer is known. Names of services are written {}.
type Example struct {
	Text      string
	Complains bool
	Weight    float64 // how much it counts; the variants of one line share theirs
}

// Epochs and step of the descent, and how far weights are drawn to zero.
const (
	epochs = 12
	rate   = 0.5
	ridge  = 1e-5
)

// Fit learns weights from examples, by stochastic gradient descent with
// per-coordinate steps (AdaGrad: Duchi, Hazan, Singer 2011), and gives them in
// the form that is embedded. Both answers weigh the same in all.
func Fit(examples []Example, seed uint64) []byte {
	texts, share := folded(examples)
	w, square := make([]float64, Buckets), make([]float64, Buckets)
	bias, biasSquare := 0.0, 0.0
	rng := rand.New(rand.NewPCG(seed, 1))
	var buckets []uint32
	for range epochs {
		for _, i := range rng.Perm(len(texts)) {
			buckets = buckets[:0]
			features(texts[i], func(b uint32) { buckets = append(buckets, b) })
			z, size := 0.0, norm(len(buckets))
			for _, b := range buckets {
				z += w[b]
			}
			want, weight := 0.0, 0.5/(1-share)
			if examples[i].Complains {
				want, weight = 1, 0.5/share
			}
			miss := weight * examples[i].Weight * (sigmoid(bias+z/size) - want)
			for _, b := range buckets {
				g := miss/size + ridge*w[b]
				square[b] += g * g
				w[b] -= rate * g / (1e-3 + math.Sqrt(square[b]))
			}
			biasSquare += miss * miss
			bias -= 0.1 * miss / (1e-3 + math.Sqrt(biasSquare))
		}
	}
	return quantise(w, bias)
}

// folded prepares the texts, and says what share of them complains.
func folded(examples []Example) (texts [][]rune, share float64) {
	all := 0.0
	for _, e := range examples {
		texts = append(texts, markPlaceholders(fold(nil, e.Text)))
		all += e.Weight
		if e.Complains {
			share += e.Weight
		}
	}
	return texts, share / all
}

// markPlaceholders puts the sign of the service in place of {}.
func markPlaceholders(text []rune) []rune {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == '{' && i+1 < len(text) && text[i+1] == '}' {
			out = append(out, subject)
			i++
			continue
		}
		out = append(out, text[i])
	}
	return out
}

func quantise(w []float64, bias float64) []byte {
	top := 1e-9
	for _, v := range w {
		top = max(top, math.Abs(v))
	}
	scale := top / 127
	out := binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(scale)))
	out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(bias)))
	for _, v := range w {
		out = append(out, byte(int8(math.Round(v/scale))))
	}
	return out
}
