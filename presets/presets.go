// Package presets holds configurations that can be used as they are, or copied
// and changed: each is a complete file that `outcry serve --config` takes.
// apple.yaml is also the built-in configuration, so what `outcry serve` does
// without a file can be read. The folder probes has one example for each type
// of check that is more than a look at the front door.
package presets

import "embed"

// Files are the presets, by file name, and the examples, as probes/NAME.yaml.
//
//go:embed *.yaml probes/*.yaml
var Files embed.FS

// Catalogue lists well-known vendors and their own status pages: see its head.
//
//go:embed sources/catalogue.yaml
var Catalogue []byte
