package hub_test

import (
	"testing"

	"go.uber.org/goleak"
)

// A hub that is closed leaves no bridge, no answerer and nothing of its server.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
