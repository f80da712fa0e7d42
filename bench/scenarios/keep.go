package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/outcry/outcry/internal/replay"
)

// keeper remembers what has been played, in a file for each replay.
type keeper struct {
	dir, binary string
	any         bool
}

func newKeeper(dir string, anyBinary bool) (*keeper, error) {
	sum, err := hashOfSelf()
	if err != nil {
		return nil, fmt.Errorf("tell this build from others: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for everybody to read
		return nil, fmt.Errorf("make a directory for the results: %w", err)
	}
	return &keeper{dir: dir, binary: sum, any: anyBinary}, nil
}

func hashOfSelf() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path) //nolint:gosec // ourselves
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)[:6]), errors.Join(err, f.Close())
}

func (k *keeper) path(j *job, binary string) string {
	sum := sha256.Sum256(j.text)
	return filepath.Join(k.dir, fmt.Sprintf("%s-%s-%s.json", j, hex.EncodeToString(sum[:3]), binary))
}

// get is a kept result; nil when there is none. Of several builds' the newest
// file counts.
func (k *keeper) get(j *job) *replay.Result {
	paths := []string{k.path(j, k.binary)}
	if k.any {
		if other, err := filepath.Glob(k.path(j, "*")); err == nil {
			paths = append(paths, newest(other)...)
		}
	}
	for _, p := range paths {
		data, err := os.ReadFile(p) //nolint:gosec // our own
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		var r replay.Result
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		if err == nil {
			return &r
		}
		log.Printf("the kept result %s is of no use: %v", p, err)
	}
	return nil
}

func newest(paths []string) (best []string) {
	var at int64
	for _, p := range paths {
		if st, err := os.Stat(p); err == nil && st.ModTime().UnixNano() > at {
			at, best = st.ModTime().UnixNano(), []string{p}
		}
	}
	return best
}

// put keeps a result; half a file is never seen.
func (k *keeper) put(j *job, r *replay.Result) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := k.path(j, k.binary)
	if err := os.WriteFile(path+".new", data, 0o644); err != nil { //nolint:gosec // for everybody to read
		return err
	}
	return os.Rename(path+".new", path)
}
