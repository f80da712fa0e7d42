package heartbeat

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type heartbeat.
type Options struct {
	Token  config.Secret `yaml:"token,required"`  // the last part of the address that the job calls
	Period time.Duration `yaml:"period,required"` // from one call to the next
	Grace  time.Duration `yaml:"grace"`           // how much later a call may come
	MaxRun time.Duration `yaml:"max_run"`         // from /start to the end; 0: until the next call is due
}

// SetDefaults fills in what a check need not say.
func (o *Options) SetDefaults() { o.Grace = time.Minute }

// Reasons of this package.
const (
	ReasonMissed    probe.Reason = "missed"
	ReasonJobFailed probe.Reason = "job-failed"
	ReasonOverrun   probe.Reason = "overrun"
	ReasonNotYet    probe.Reason = "not-yet"
)

// minToken is the least length of a token, in bytes: nobody guesses 16 letters.
const minToken = 16

// maxPeriod bounds the period: a job of once a year is one.
const maxPeriod = 400 * 24 * time.Hour

func (o *Options) verify() error {
	switch {
	case o.Period < time.Second || o.Period > maxPeriod:
		return outcry.FieldErrorf("period", "from 1s to %s, not %s", maxPeriod, o.Period)
	case o.Grace < 0 || o.Grace > maxPeriod:
		return outcry.FieldErrorf("grace", "from 0 to %s, not %s", maxPeriod, o.Grace)
	case o.MaxRun < 0:
		return outcry.FieldErrorf("max_run", "a positive time, not %s", o.MaxRun)
	}
	return nil
}

// key is the digest under which a job is known.
func (o *Options) key() (string, error) {
	token, err := o.Token.Value()
	if err != nil {
		return "", outcry.Wrap(outcry.CodeInvalid, err, "token")
	}
	if len(token) < minToken {
		return "", outcry.FieldErrorf("token", "a token has at least %d characters; `openssl rand -hex 16` makes one", minToken)
	}
	return digest(token), nil
}

func digest(token string) string {
	sum := sha256.Sum256([]byte("outcry heartbeat\x00" + token))
	return hex.EncodeToString(sum[:16])
}
