package config

import (
	"time"

	"github.com/outcry/outcry"
)

// Service is something that people use and that can fail.
type Service struct {
	ID          string    `yaml:"id,required"`
	Name        string    `yaml:"name"` // default: the ID
	Group       string    `yaml:"group"`
	Category    string    `yaml:"category"` // what sort of thing it is, for priors: "messaging", "voice"
	Description string    `yaml:"description"`
	Advice      string    `yaml:"advice"`
	Symptoms    []Symptom `yaml:"symptoms"`
	DependsOn   []string  `yaml:"depends_on"`
	Timezone    string    `yaml:"timezone"` // default: that of the first page that shows it
	Aliases     []string  `yaml:"aliases"`  // further names that people write in posts
	Private     bool      `yaml:"private"`

	Publication Publication `yaml:"publication"` // default: Config.Publication, field by field
	Comments    CommentMode `yaml:"comments"`    // default: that of Config.Comments
	Vantages    Quorum      `yaml:"vantages"`
}

// Symptom is one way in which a service fails.
type Symptom struct {
	ID   string `yaml:"id,required"`
	Name string `yaml:"name"` // default: the ID in words
}

// Publication is when an incident that the judge found becomes public.
type Publication struct {
	Mode     Mode          `yaml:"mode"`
	Deadline time.Duration `yaml:"deadline"` // confirm: published when nobody has answered in this time
}

// Quorum is how many vantages must see a check fail before it is evidence.
type Quorum struct {
	Require int `yaml:"require"` // 0: any one
}

// Outcry gives the service in the words of the domain.
func (s *Service) Outcry() outcry.Service {
	o := outcry.Service{
		ID: s.ID, Name: s.Name, Group: s.Group, Description: s.Description, Advice: s.Advice,
		DependsOn: s.DependsOn, Timezone: s.Timezone, Aliases: s.Aliases, Private: s.Private,
	}
	for _, y := range s.Symptoms {
		o.Symptoms = append(o.Symptoms, outcry.Symptom{ID: y.ID, Name: y.Name})
	}
	return o
}

// OutcryServices gives all services in the words of the domain, in the order
// of the file.
func (c *Config) OutcryServices() []outcry.Service {
	out := make([]outcry.Service, len(c.Services))
	for i := range c.Services {
		out[i] = c.Services[i].Outcry()
	}
	return out
}

// Service finds a service by its ID; nil when there is none.
func (c *Config) Service(id string) *Service {
	for i := range c.Services {
		if c.Services[i].ID == id {
			return &c.Services[i]
		}
	}
	return nil
}
