package hapcheck

import (
	"bytes"
	"encoding/json"

	"github.com/outcry/outcry/internal/probe"
)

// other is the value to switch to.
func (p *prober) other(now json.RawMessage) json.RawMessage {
	if len(p.values) == 2 {
		if same(now, p.values[0]) {
			return p.values[1]
		}
		return p.values[0]
	}
	if same(now, json.RawMessage("true")) {
		return json.RawMessage("false")
	}
	return json.RawMessage("true")
}

// same compares two values. A bool may come as 0 or 1, and numbers in any
// spelling.
func same(a, b json.RawMessage) bool {
	x, xok := number(a)
	y, yok := number(b)
	if xok && yok {
		return x == y
	}
	return bytes.Equal(bytes.TrimSpace(a), bytes.TrimSpace(b))
}

func number(v json.RawMessage) (float64, bool) {
	var b bool
	if json.Unmarshal(v, &b) == nil && len(v) > 0 && v[0] != 'n' {
		if b {
			return 1, true
		}
		return 0, true
	}
	var f float64
	err := json.Unmarshal(v, &f)
	return f, err == nil && len(v) > 0 && v[0] != 'n'
}

// shown is a value in a line for people.
func shown(v json.RawMessage) string {
	const enough = 60
	if len(v) > enough {
		v = v[:enough]
	}
	return probe.Printable(string(v))
}
