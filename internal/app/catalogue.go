package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/presets"
)

// Vendor is an entry of the catalogue of vendors' pages.
type Vendor struct {
	Name       string   `json:"name" yaml:"name"` // in the configuration
	Title      string   `json:"title" yaml:"title"`
	Type       string   `json:"type" yaml:"type"`
	URL        string   `json:"url" yaml:"url"`
	Tags       []string `json:"tags" yaml:"tags"`
	Components []string `json:"components,omitempty" yaml:"components"` // some of them
}

// Vendors lists those of the catalogue that a search finds in their names,
// titles, types, tags or addresses; an empty one finds all.
func Vendors(search string) ([]Vendor, error) {
	var all []Vendor
	if err := yaml.UnmarshalWithOptions(presets.Catalogue, &all, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the catalogue of vendors: %w", err)
	}
	words := strings.Fields(strings.ToLower(search))
	return slices.DeleteFunc(all, func(v Vendor) bool {
		text := strings.ToLower(strings.Join(append([]string{v.Name, v.Title, v.Type, v.URL}, v.Tags...), " "))
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	}), nil
}

// VendorNamed finds one by its name. Its error, of CodeInvalid, proposes those
// that are alike.
func VendorNamed(name string) (Vendor, error) {
	all, err := Vendors("")
	if err != nil {
		return Vendor{}, err
	}
	var alike []string
	for _, v := range all {
		if v.Name == name {
			return v, nil
		}
		if strings.Contains(v.Name, name) || strings.Contains(strings.ToLower(v.Title), strings.ToLower(name)) {
			alike = append(alike, v.Name)
		}
	}
	if len(alike) > 0 {
		return Vendor{}, outcry.FieldErrorf("name", "the catalogue has no %q, but %s", name, strings.Join(alike, ", "))
	}
	return Vendor{}, outcry.FieldErrorf("name", "the catalogue has no %q: see outcry sources list", name)
}

// YAML is the entry for the section `sources` of a configuration, with the page
// as a whole mapped to a service.
func (v *Vendor) YAML(service string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n    type: %s\n    url: %s\n    services:\n", strconv.Quote(v.Name), v.Type, v.URL)
	fmt.Fprintf(&b, "      \"*\": %s   # the page as a whole; or, one by one, its components:\n", service)
	for _, c := range v.Components {
		fmt.Fprintf(&b, "      # %s: %s\n", strconv.Quote(c), service)
	}
	if len(v.Components) == 0 {
		fmt.Fprintf(&b, "      # \"NAME OF A COMPONENT\": %s\n", service)
	}
	return b.String()
}
