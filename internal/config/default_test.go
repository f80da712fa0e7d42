package config

import "testing"

// The built-in configuration is what a newcomer meets first.
func TestDefault(t *testing.T) {
	c := Default()
	if len(c.Services) != 4 {
		t.Errorf("services: got %d, want the four of the event", len(c.Services))
	}
	for _, s := range c.OutcryServices() {
		if len(s.Symptoms) < 4 || s.Advice == "" || s.Group != "Apple" || s.Timezone != "America/Chicago" {
			t.Errorf("%s: not ready for the public: %+v", s.ID, s)
		}
	}
	for i := range c.Checks {
		if c.Checks[i].Type == "" {
			t.Errorf("%s: no type", c.Checks[i].Name)
		}
	}
}
