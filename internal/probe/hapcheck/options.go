package hapcheck

import (
	"encoding/json"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
	"github.com/outcry/outcry/internal/hap"
	"github.com/outcry/outcry/internal/probe"
)

// Options of a check of type home.
type Options struct {
	Address        string        `yaml:"address"`        // HOST:PORT of the accessory
	ID             string        `yaml:"id"`             // or its identifier, AA:BB:CC:DD:EE:FF: found by multicast DNS
	SetupCode      config.Secret `yaml:"setup_code"`     // to pair with, once
	Pairing        string        `yaml:"pairing"`        // file of the pairing; default: homekit/ in the data folder
	Characteristic string        `yaml:"characteristic"` // AID.IID, or a type such as "25" (On, the default)
	Write          bool          `yaml:"write"`          // switch it, and back
	Values         []string      `yaml:"values"`         // two to switch between, as JSON; not needed for on and off
}

// typeOn is the characteristic of lamps, outlets and switches.
const typeOn = "25"

// SetDefaults fills in the values of a check that does not say.
func (o *Options) SetDefaults() { o.Write, o.Characteristic = true, typeOn }

// New makes the prober of a check; its errors are of CodeInvalid.
func New(o Options, env probe.Env) (probe.Prober, error) {
	if err := o.verify(); err != nil {
		return nil, err
	}
	if err := env.VerifySecret("setup_code", o.SetupCode); err != nil {
		return nil, err
	}
	p := &prober{opts: o, own: env.Own(), strict: env.Guard.Dialer(env.Resolver), ask: hap.MulticastDNS(), file: o.Pairing}
	p.id, p.short = characteristic(o.Characteristic)
	for _, v := range o.Values {
		p.values = append(p.values, json.RawMessage(v))
	}
	if p.file == "" && env.Data != "" {
		p.file = filepath.Join(env.Data, "homekit", fileName(o.ID+o.Address)+".json")
	}
	return p, nil
}

func (o *Options) verify() error {
	if (o.Address == "") == (o.ID == "") {
		return outcry.FieldErrorf("address", "the accessory's HOST:PORT, or its id, is needed; one of them")
	}
	if o.ID != "" && !regexp.MustCompile(`^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$`).MatchString(o.ID) {
		return outcry.FieldErrorf("id", "%q is no identifier of an accessory: AA:BB:CC:DD:EE:FF", o.ID)
	}
	if o.Address != "" {
		host, port, err := net.SplitHostPort(o.Address)
		if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" {
			return outcry.FieldErrorf("address", "%q is no HOST:PORT", o.Address)
		}
	}
	if id, short := characteristic(o.Characteristic); short == "" && id == (hap.ID{}) {
		return outcry.FieldErrorf("characteristic", "%q is neither AID.IID nor a type such as 25", o.Characteristic)
	}
	if len(o.Values) != 0 && len(o.Values) != 2 {
		return outcry.FieldErrorf("values", "two values to switch between, not %d", len(o.Values))
	}
	for _, v := range o.Values {
		if !json.Valid([]byte(v)) || strings.ContainsAny(v, "{[") {
			return outcry.FieldErrorf("values", "%q is no number, true, false or text in double quotes", v)
		}
	}
	return nil
}

// characteristic reads AID.IID, or a type in hexadecimal.
func characteristic(text string) (id hap.ID, short string) {
	aid, iid, both := strings.Cut(text, ".")
	if both {
		a, aerr := strconv.ParseUint(aid, 10, 64)
		i, ierr := strconv.ParseUint(iid, 10, 64)
		if aerr != nil || ierr != nil || a == 0 || i == 0 {
			return hap.ID{}, ""
		}
		return hap.ID{AID: a, IID: i}, ""
	}
	if !regexp.MustCompile(`^[0-9A-Fa-f-]{1,36}$`).MatchString(text) {
		return hap.ID{}, ""
	}
	return hap.ID{}, hap.Characteristic{Type: text}.Short()
}

// fileName makes a name for a file of an address or identifier.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.ToLower(s))
}
