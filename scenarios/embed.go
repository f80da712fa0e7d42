// Package scenarios carries the scenario files that the product ships: outages
// that happened, as the press and the vendors told them, and some made to be
// hard. `outcry replay NAME` plays one by its name.
//
// Each file says under `source` what of it is known and what is assumed; the
// fields are those of package replay.
package scenarios

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// Files gives the shipped scenarios, each as NAME.yaml.
func Files() fs.FS { return files }
