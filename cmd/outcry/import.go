package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/app"
)

// importCmd makes configurations of other programs'.
type importCmd struct {
	Gatus      importGatus    `cmd:"" help:"FILE is Gatus's config.yaml: endpoints with their conditions become services and checks."`
	UptimeKuma importKuma     `cmd:"" name:"uptime-kuma" help:"FILE is a backup of Uptime Kuma (Settings, Backup, Export): monitors become services and checks."`
	Blackbox   importBlackbox `cmd:"" help:"FILE is blackbox.yml of Prometheus's blackbox_exporter; what it probes is in --targets, a prometheus.yml."`
	Statuspage importPage     `cmd:"" help:"FILE is the summary.json or components.json of a Statuspage: components become services. Fetch https://PAGE/api/v2/summary.json."`
}

// importOutput says where a configuration goes.
type importOutput struct {
	File   string `arg:"" help:"What the other program has; - is standard input." placeholder:"FILE"`
	Output string `short:"o" help:"Write the configuration into this file, which must not be there yet. Default: standard output." placeholder:"FILE"`
}

type (
	importGatus struct{ importOutput }
	importKuma  struct{ importOutput }
	importPage  struct{ importOutput }
)

type importBlackbox struct {
	importOutput
	Targets string `help:"Prometheus's configuration: its scrape_configs with metrics_path /probe say what is probed." placeholder:"FILE"`
}

// Help is shown by --help.
func (importCmd) Help() string {
	return `The result is a configuration that "outcry check" accepts. Nothing is dropped in silence: what has no counterpart stands in it as a comment that says why ("not carried over"), and secrets are not copied ("TO DO" says which environment variable must hold which).

  outcry import gatus config.yaml -o outcry.yaml
  outcry check --config outcry.yaml
  outcry serve --config outcry.yaml

docs/migrating.md tells what becomes of what.`
}

// Run carries out outcry import gatus.
func (c *importGatus) Run(s *streams) error { return c.convert(s, "gatus", app.ImportFile{}) }

// Run carries out outcry import uptime-kuma.
func (c *importKuma) Run(s *streams) error { return c.convert(s, "uptime-kuma", app.ImportFile{}) }

// Run carries out outcry import statuspage.
func (c *importPage) Run(s *streams) error { return c.convert(s, "statuspage", app.ImportFile{}) }

// Run carries out outcry import blackbox.
func (c *importBlackbox) Run(s *streams) error {
	var targets app.ImportFile
	if c.Targets != "" {
		var err error
		if targets, err = readImport(s, c.Targets); err != nil {
			return err
		}
	}
	return c.convert(s, "blackbox", targets)
}

func (c *importOutput) convert(s *streams, from string, second app.ImportFile) error {
	file, err := readImport(s, c.File)
	if err != nil {
		return err
	}
	text, sum, err := app.Import(from, file, second)
	if err != nil {
		return err
	}
	if err := c.write(s, text); err != nil {
		return err
	}
	if len(sum.Display) > 0 {
		fmt.Fprintf(s.err, "left out, because it only says how %s shows something: %s\n", from, strings.Join(sum.Display, ", "))
	}
	_, err = fmt.Fprintf(s.err, "%d services, %d checks; %d things not carried over, %d to be done: each is a comment in the configuration\n", sum.Services, sum.Checks, sum.Lost, sum.Todo)
	return err
}

func (c *importOutput) write(s *streams, text []byte) error {
	if c.Output == "" {
		_, err := s.out.Write(text)
		return err
	}
	f, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // it holds no secrets
	if errors.Is(err, fs.ErrExist) {
		return outcry.FieldErrorf("output", "%s is there already, and is not overwritten", c.Output)
	}
	if err != nil {
		return outcry.Wrap(outcry.CodeInvalid, err, "write the configuration")
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// maxImport bounds a foreign file, in bytes: a backup of thousands of monitors
// fits.
const maxImport = 32 << 20

func readImport(s *streams, name string) (app.ImportFile, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return app.ImportFile{}, outcry.Wrap(outcry.CodeInvalid, err, "open the file to import")
		}
		defer f.Close() //nolint:errcheck // only read
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	if err != nil {
		return app.ImportFile{}, outcry.Wrap(outcry.CodeInvalid, err, "read %s", name)
	}
	if len(data) > maxImport {
		return app.ImportFile{}, outcry.Errorf(outcry.CodeInvalid, "%s is over %d MiB", name, maxImport>>20)
	}
	return app.ImportFile{Name: name, Data: data}, nil
}
