package voice

import "math"

// Of G.711 over RTP (RFC 3551, 4.5.14).
const (
	ClockRate    = 8000 // samples a second
	FrameSamples = 160  // of 20 ms
	PayloadPCMU  = 0    // static payload types
	PayloadPCMA  = 8
)

// muLaw codes a sample of 16 bits by ITU-T G.711, µ-law.
func muLaw(sample int16) byte {
	const bias, clip = 0x84, 32635
	s, sign := int(sample), byte(0)
	if s < 0 {
		s, sign = -s, 0x80
	}
	s = min(s, clip) + bias
	exponent := 7
	for mask := 0x4000; s&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	mantissa := byte(s>>(exponent+3)) & 0x0F
	return ^(sign | byte(exponent<<4) | mantissa)
}

// tone is a frame of 500 Hz, of which ten periods fit exactly: frames join
// without a click. It is quiet, at -20 dB of full scale.
func tone() []byte {
	const hertz, amplitude = 500, 3276
	frame := make([]byte, FrameSamples)
	for i := range frame {
		frame[i] = muLaw(int16(amplitude * math.Sin(2*math.Pi*hertz*float64(i)/ClockRate)))
	}
	return frame
}
