// Package presets holds configurations that can be used as they are, or copied
// and changed: each is a complete file that `outcry serve --config` takes.
// apple.yaml is also the built-in configuration, so what `outcry serve` does
// without a file can be read.
package presets

import "embed"

// Files are the presets, by file name.
//
//go:embed *.yaml
var Files embed.FS
