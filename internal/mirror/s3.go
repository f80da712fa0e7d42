package mirror

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// S3Config says which bucket to write to, and as whom.
type S3Config struct {
	Endpoint     string // https://s3.example.com
	Region       string // "us-east-1" when empty
	Bucket       string
	Prefix       string // of every object's key; may be empty
	Key, Secret  string
	CacheControl string // of every object; may be empty
	now          func() time.Time
}

// S3 writes to an S3-compatible bucket, addressed by path, with requests signed
// by AWS Signature Version 4.
type S3 struct {
	client *http.Client
	base   *url.URL
	c      S3Config
}

// NewS3 checks what it is given and connects to nothing yet.
func NewS3(client *http.Client, c S3Config) (*S3, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" || c.Bucket == "" {
		return nil, errors.New("the mirror's bucket needs an endpoint and a name")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.now == nil {
		c.now = time.Now
	}
	return &S3{client: bounded(client), base: u, c: c}, nil
}

func (s *S3) String() string { return s.base.Redacted() + "/" + s.c.Bucket }

// Put implements [Target].
func (s *S3) Put(ctx context.Context, name, contentType string, body []byte) error {
	status, err := s.do(ctx, http.MethodPut, name, contentType, body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("PUT answers %d", status)
	}
	return err
}

// Delete implements [Target].
func (s *S3) Delete(ctx context.Context, name string) error {
	status, err := s.do(ctx, http.MethodDelete, name, "", nil)
	if err == nil && status/100 != 2 && status != http.StatusNotFound {
		err = fmt.Errorf("DELETE answers %d", status)
	}
	return err
}

func (s *S3) do(ctx context.Context, method, name, contentType string, body []byte) (status int, err error) {
	at := s.base.JoinPath(s.c.Bucket, s.c.Prefix, name)
	req, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make the request: %w", err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
		if s.c.CacheControl != "" {
			req.Header.Set("Cache-Control", s.c.CacheControl)
		}
	}
	s.sign(req, body)
	return answered(s.client, req)
}

// sign adds the headers of Signature Version 4 ("Authenticating Requests: Using
// the Authorization Header", Amazon S3 API reference). Every header that is set
// is signed.
func (s *S3) sign(req *http.Request, body []byte) {
	now := s.c.now().UTC()
	stamp, day := now.Format("20060102T150405Z"), now.Format("20060102")
	sum := sha256.Sum256(body)
	req.Header.Set("X-Amz-Date", stamp)
	req.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	headers := map[string]string{"host": req.URL.Host}
	for name := range req.Header {
		headers[strings.ToLower(name)] = strings.TrimSpace(req.Header.Get(name))
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var canonical strings.Builder
	fmt.Fprintf(&canonical, "%s\n%s\n%s\n", req.Method, awsPath(req.URL.Path), "")
	for _, name := range names {
		fmt.Fprintf(&canonical, "%s:%s\n", name, headers[name])
	}
	signed := strings.Join(names, ";")
	fmt.Fprintf(&canonical, "\n%s\n%s", signed, hex.EncodeToString(sum[:]))
	request := sha256.Sum256([]byte(canonical.String()))
	scope := day + "/" + s.c.Region + "/s3/aws4_request"
	key := mac(mac(mac(mac([]byte("AWS4"+s.c.Secret), day), s.c.Region), "s3"), "aws4_request")
	signature := mac(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(request[:]))
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s.c.Key+"/"+scope+",SignedHeaders="+signed+",Signature="+hex.EncodeToString(signature))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// awsPath encodes a path as the signature wants it: everything but unreserved
// characters and slashes.
func awsPath(p string) string {
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
