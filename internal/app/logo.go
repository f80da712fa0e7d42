package app

import (
	"io"
	"os"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/page"
	"github.com/outcry/outcry/internal/web"
)

// takeLogos gives the sites the logos of their pages.
func takeLogos(c *config.Config, main *page.Options, sites []web.Site) (err error) {
	if p := mainPage(c); p != nil {
		if main.Logo, err = logoOf(p.ID, &p.Logo); err != nil {
			return err
		}
	}
	for i := range sites {
		for j := range c.Pages {
			if p := &c.Pages[j]; p.ID == sites[i].ID {
				if sites[i].Page.Logo, err = logoOf(p.ID, &p.Logo); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// logoOf reads a page's logo. The files are read at the start, and a mistake in
// them is one of the configuration.
func logoOf(id string, c *config.Logo) (page.Logo, error) {
	l := page.Logo{Alt: c.Alt}
	for _, f := range []struct {
		name string
		to   *[]byte
	}{{c.Light, &l.Light}, {c.Dark, &l.Dark}} {
		if f.name == "" {
			continue
		}
		data, err := readLogo(f.name)
		if err != nil {
			return l, outcry.Wrap(outcry.CodeInvalid, err, "read the logo %s of the page %s", f.name, id)
		}
		*f.to = data
	}
	return l, nil
}

func readLogo(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the operator's own file
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, page.MaxLogo+1))
	if err != nil {
		return nil, err
	}
	return data, page.CheckLogo(data)
}
