// Command traintest makes the embedded weights of internal/classify from the
// labelled texts beside them:
//
//	go run ./internal/classify/traintest
//
// It stands outside the layers, as all that only tests and people run.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/outcry/outcry/internal/classify"
)

func main() {
	if err := run("internal/classify/data"); err != nil {
		fmt.Fprintln(os.Stderr, "traintest:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "train.*.tsv"))
	if err != nil {
		return err
	}
	var all []classify.Example
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		examples, err := classify.ReadExamples(f, string(data))
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d texts\n", f, len(examples))
		all = append(all, examples...)
	}
	return os.WriteFile(filepath.Join(dir, "weights.bin"), classify.Fit(all, 1), 0o600)
}
