package promql

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxSeries is how many series an answer may have.
const maxSeries = 10_000

// answer is the document of an instant query.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// sample is one series' value.
type sample struct {
	Metric map[string]string `json:"metric"`
	Value  point             `json:"value"`
}

// point is a value at a time: [1435781451.781, "1"].
type point float64

// UnmarshalJSON reads the value; its time is that of the question.
func (p *point) UnmarshalJSON(data []byte) error {
	var pair [2]json.RawMessage
	var text string
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if err := json.Unmarshal(pair[1], &text); err != nil {
		return fmt.Errorf("the value of a sample: %w", err)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("the value of a sample, %.40q, is no number", text)
	}
	*p = point(v)
	return nil
}

// parse gives the finite, non-negative values of an answer by series.
func parse(data []byte) (map[string]float64, error) {
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("the answer is not Prometheus's JSON: %w", err)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("the query was refused: %.200q", a.Error)
	}
	var list []sample
	switch a.Data.Type {
	case "vector":
		if err := json.Unmarshal(a.Data.Result, &list); err != nil {
			return nil, fmt.Errorf("read the samples: %w", err)
		}
	case "scalar":
		list = make([]sample, 1)
		if err := json.Unmarshal(a.Data.Result, &list[0].Value); err != nil {
			return nil, fmt.Errorf("read the scalar: %w", err)
		}
	default:
		return nil, fmt.Errorf("the query gives a %.20q, not a vector or scalar", a.Data.Type)
	}
	if len(list) > maxSeries {
		return nil, fmt.Errorf("the query gives %d series, at most %d are allowed", len(list), maxSeries)
	}
	out := make(map[string]float64, len(list))
	for i := range list {
		if v := float64(list[i].Value); v >= 0 && !math.IsInf(v, 0) {
			out[name(list[i].Metric)] = v
		}
	}
	return out, nil
}

// name is the same for the same labels.
func name(labels map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&b, "%q=%q,", k, labels[k])
	}
	return b.String()
}
