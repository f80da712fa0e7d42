package config

import "strings"

// Environment applies the settings that a container or a unit file gives by
// environment variable, over those of the file:
//
//	OUTCRY_LISTEN, OUTCRY_ADMIN_LISTEN   addresses
//	OUTCRY_DATA                          the data folder
//	OUTCRY_STORE_DSN                     the store's address, password included
//	OUTCRY_BUS_URLS                      the NATS cluster, separated by commas
//	OUTCRY_BUS_CREDENTIALS               path of the NATS .creds file
//	OUTCRY_LOG_LEVEL, OUTCRY_LOG_FORMAT  see [Log]
//
// Lookup is os.LookupEnv. A variable that is empty changes nothing. The error
// is [Errors], with "environment" for the file.
func (c *Config) Environment(lookup func(string) (string, bool)) error {
	e := environment{lookup: lookup}
	e.set("OUTCRY_LISTEN", func(s string) error { c.Listen = s; return hostPort(s, false) })
	e.set("OUTCRY_ADMIN_LISTEN", func(s string) error {
		c.AdminListen = s
		if s == AdminOff {
			return nil
		}
		return hostPort(s, false)
	})
	e.set("OUTCRY_DATA", func(s string) error { c.Data = s; return nil })
	e.set("OUTCRY_STORE_DSN", func(string) error { c.Store.DSN = Secret{Env: "OUTCRY_STORE_DSN"}; return nil })
	e.set("OUTCRY_BUS_URLS", func(s string) error { c.Bus.URLs = strings.Split(s, ","); return nil })
	e.set("OUTCRY_BUS_CREDENTIALS", func(s string) error { c.Bus.Credentials = s; return nil })
	e.set("OUTCRY_LOG_LEVEL", func(s string) error { return c.Log.Level.UnmarshalText([]byte(s)) })
	e.set("OUTCRY_LOG_FORMAT", func(s string) error { return c.Log.Format.UnmarshalText([]byte(s)) })
	return e.errs.orNil()
}

// environment gathers the mistakes of all variables.
type environment struct {
	lookup func(string) (string, bool)
	errs   Errors
}

func (e *environment) set(name string, apply func(string) error) {
	value, ok := e.lookup(name)
	if !ok || value == "" {
		return
	}
	if err := apply(value); err != nil {
		e.errs = append(e.errs, Error{File: "environment", Message: name + ": " + err.Error()})
	}
}
