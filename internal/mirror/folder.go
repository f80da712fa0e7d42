package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder writes into a folder, for any web server to serve. A file is replaced
// by renaming a finished one: nobody reads half of it.
type Folder struct{ root string }

// NewFolder makes the folder where it is missing.
func NewFolder(root string) (*Folder, error) {
	if err := os.MkdirAll(root, 0o755); err != nil { //nolint:gosec // a web server of another user reads it
		return nil, fmt.Errorf("make the mirror's folder: %w", err)
	}
	return &Folder{root}, nil
}

func (f *Folder) String() string { return f.root }

func (f *Folder) path(name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q leads out of the folder", name)
	}
	return filepath.Join(f.root, filepath.FromSlash(name)), nil
}

// Put implements [Target].
func (f *Folder) Put(_ context.Context, name, _ string, body []byte) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as above
		return err
	}
	half := path + ".part"
	if err := os.WriteFile(half, body, 0o644); err != nil { //nolint:gosec // as above
		return errors.Join(err, os.RemoveAll(half))
	}
	return os.Rename(half, path)
}

// Delete implements [Target].
func (f *Folder) Delete(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
