package classify

import (
	_ "embed" // the weights
	"encoding/binary"
	"math"
)

// weights are a float32 scale, a float32 bias, and one signed byte for each
// bucket, little-endian.
//
//go:embed data/weights.bin
var weights string

// model is a logistic regression over hashed features.
type model struct {
	scale, bias float64
	w           string // bytes that are int8
}

// open reads the embedded weights.
func open(data string) model {
	f := func(at int) float64 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32([]byte(data[at : at+4]))))
	}
	return model{scale: f(0), bias: f(4), w: data[8:]}
}

// probability that a folded text complains.
func (m *model) probability(text []rune) float64 {
	sum, n := 0, 0
	features(text, func(b uint32) {
		sum += int(int8(m.w[b]))
		n++
	})
	return sigmoid(m.bias + m.scale*float64(sum)/norm(n))
}

// norm makes long and short posts comparable.
func norm(n int) float64 { return math.Sqrt(float64(max(n, 1))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
