package mirror

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// Manifest lists the files of a copy.
type Manifest struct {
	Version int       `json:"version"`
	Site    string    `json:"site"` // the original's address
	MadeAt  time.Time `json:"made_at"`
	Files   []Entry   `json:"files"`
}

// Entry is one file.
type Entry struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int    `json:"size"`
	SHA256      string `json:"sha256"`
}

// Names of what is written beside the documents.
const (
	manifestName  = "manifest.json"
	signatureName = "manifest.json.sig"
	keyName       = "manifest.pub"
)

// Bounds of a copy that is verified: it may be a stranger's.
const (
	maxManifest = 64 << 20
	maxFile     = 64 << 20
)

// Report is what Verify has found.
type Report struct {
	Manifest Manifest
	Key      string   // the public key that the signature fits
	Pinned   bool     // that key was given, not taken from the copy itself
	Problems []string // empty: the copy is whole and unchanged
}

// Verify holds a copy against its manifest. key is the public key in base64;
// when it is empty, the one that lies in the copy is used, which shows that
// nothing was damaged and not who made it. An error means that nothing could be
// verified at all.
func Verify(copy fs.FS, key string) (Report, error) {
	var r Report
	body, err := read(copy, manifestName, maxManifest)
	if err != nil {
		return r, err
	}
	r.Pinned = key != ""
	if !r.Pinned {
		own, err := read(copy, keyName, 1<<10)
		if err != nil {
			return r, err
		}
		key = string(own)
	}
	r.Key = strings.TrimSpace(key)
	if err := signedBy(copy, body, r.Key); err != nil {
		return r, err
	}
	if err := json.Unmarshal(body, &r.Manifest); err != nil {
		return r, fmt.Errorf("read %s: %w", manifestName, err)
	}
	r.Problems, err = r.Manifest.differences(copy)
	return r, err
}

func signedBy(copy fs.FS, body []byte, key string) error {
	public, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return errors.New("the key is no Ed25519 public key in base64")
	}
	text, err := read(copy, signatureName, 1<<10)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || !ed25519.Verify(public, body, signature) {
		return fmt.Errorf("the signature in %s does not fit %s and the key %s", signatureName, manifestName, key)
	}
	return nil
}

// differences names every file that is missing, changed, or not in the list.
func (m *Manifest) differences(copy fs.FS) ([]string, error) {
	known := map[string]bool{manifestName: true, signatureName: true, keyName: true}
	var out []string
	for _, f := range m.Files {
		known[f.Name] = true
		body, err := read(copy, f.Name, maxFile)
		sum := sha256.Sum256(body)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, f.Name+": is missing")
		case err != nil:
			out = append(out, f.Name+": "+err.Error())
		case len(body) != f.Size || hex.EncodeToString(sum[:]) != f.SHA256:
			out = append(out, f.Name+": has been changed")
		}
	}
	err := fs.WalkDir(copy, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known[name] {
			out = append(out, name+": is not in the manifest")
		}
		return err
	})
	slices.Sort(out)
	return out, err
}

// read reads a bounded file.
func read(from fs.FS, name string, limit int64) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("%s has over %d bytes", name, limit)
	}
	return body, nil
}

// Key reads the signing key in a file, PKCS #8 in PEM, or makes one there that
// only its owner may read.
func Key(path string) (ed25519.PrivateKey, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the operator's own path
	if errors.Is(err, fs.ErrNotExist) {
		return newKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the mirror's key: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("the mirror's key %s is no PEM file", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the mirror's key %s: %w", path, err)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the mirror's key %s is no Ed25519 key", path)
	}
	return key, nil
}

func newKey(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the mirror's key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the mirror's key: %w", err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return nil, fmt.Errorf("write the mirror's key: %w", err)
	}
	return key, nil
}
