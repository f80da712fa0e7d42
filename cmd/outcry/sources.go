package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/app"
)

// sourcesCmd helps to configure vendors' pages.
type sourcesCmd struct {
	List sourcesListCmd `cmd:"" help:"List well-known vendors whose own pages can be read."`
	Add  sourcesAddCmd  `cmd:"" help:"Print the lines that a configuration needs to listen to one of them."`
}

type sourcesListCmd struct {
	Search string `help:"Words that stand in the name, type, address or tags, such as mail or statuspage." placeholder:"WORDS"`
	JSON   bool   `name:"json" help:"Print one JSON list."`
}

// Run carries out outcry sources list.
func (c *sourcesListCmd) Run(s *streams) error {
	list, err := app.Vendors(c.Search)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(list)
	}
	if len(list) == 0 {
		return outcry.Errorf(outcry.CodeNotFound, "no vendor of the catalogue is found by %q; any page can be configured by its type and address", c.Search)
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	for i := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", list[i].Name, list[i].Title, list[i].Type, list[i].URL)
	}
	return w.Flush()
}

type sourcesAddCmd struct {
	Name    string `arg:"" help:"The vendor's name in the list." placeholder:"NAME"`
	Service string `help:"ID of your service that depends on it." default:"SERVICE" placeholder:"ID"`
}

// Run carries out outcry sources add.
func (c *sourcesAddCmd) Run(s *streams) error {
	v, err := app.VendorNamed(c.Name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "# %s: add this under `sources` of the configuration\n%s", v.Title, v.YAML(c.Service))
	return err
}
