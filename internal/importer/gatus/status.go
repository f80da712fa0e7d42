package gatus

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	lowest  = 100
	highest = 599
)

// statuses are those that are accepted.
type statuses [highest + 1]bool

func allStatuses() *statuses {
	var s statuses
	for i := lowest; i <= highest; i++ {
		s[i] = true
	}
	return &s
}

// restrict keeps those that a condition allows, or says what is wrong with it.
func (s *statuses) restrict(c condition) string {
	list := []string{c.right}
	if inner, ok := strings.CutPrefix(c.right, "any("); ok && (c.op == "==" || c.op == "!=") {
		list = strings.Split(strings.TrimSuffix(inner, ")"), ",")
	}
	var values []int
	for _, text := range list {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return fmt.Sprintf("%q is no status", text)
		}
		values = append(values, n)
	}
	for i := lowest; i <= highest; i++ {
		s[i] = s[i] && allowed(i, c.op, values)
	}
	return ""
}

func allowed(status int, op string, values []int) bool {
	for _, v := range values {
		switch {
		case op == "==" && status == v:
			return true
		case op == "!=" && status == v:
			return false
		case op == "<" && status < v, op == "<=" && status <= v, op == ">" && status > v, op == ">=" && status >= v:
			return true
		}
	}
	return op == "!="
}

// ranges are the accepted statuses as a check has them.
func (s *statuses) ranges() []string {
	var out []string
	for i := lowest; i <= highest; i++ {
		if !s[i] {
			continue
		}
		from := i
		for i < highest && s[i+1] {
			i++
		}
		if from == i {
			out = append(out, strconv.Itoa(from))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", from, i))
		}
	}
	return out
}
