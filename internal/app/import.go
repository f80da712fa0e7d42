package app

import (
	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/importer"
	"github.com/outcry/outcry/internal/importer/blackbox"
	"github.com/outcry/outcry/internal/importer/gatus"
	"github.com/outcry/outcry/internal/importer/statuspage"
	"github.com/outcry/outcry/internal/importer/uptimekuma"
)

// ImportFile is a file of another program.
type ImportFile struct {
	Name string
	Data []byte
}

// Import makes a configuration of another program's. A second file is for
// blackbox: the targets, from a Prometheus. The result passes Types.
func Import(from string, file, second ImportFile) ([]byte, importer.Summary, error) {
	var d *importer.Draft
	var err error
	switch from {
	case "gatus":
		d, err = gatus.Read(file.Name, file.Data)
	case "uptime-kuma":
		d, err = uptimekuma.Read(file.Name, file.Data)
	case "statuspage":
		d, err = statuspage.Read(file.Name, file.Data)
	case "blackbox":
		d, err = blackbox.Read(file.Name, file.Data, second.Name, second.Data)
	default:
		return nil, importer.Summary{}, outcry.FieldErrorf("from", "%q is none of gatus, uptime-kuma, blackbox, statuspage", from)
	}
	if err != nil {
		return nil, importer.Summary{}, err
	}
	return d.Finish(Types())
}
