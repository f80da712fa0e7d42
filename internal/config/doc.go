// Package config reads Outcry's configuration: one YAML file that says which
// services a page shows, how they are watched, what may be published without
// asking, and who is told.
//
// [Load] reads a file, [Parse] bytes, [Default] gives the built-in
// configuration that `outcry serve` starts with when there is no file. What
// they return is complete: defaults are filled in, references between
// sections hold, every duration and address has been understood.
//
// A file is read strictly. A key that is not known, a value of the wrong type,
// a service that a check names and nobody defines: each is an [Error] with its
// line and column, and all of them are reported at once as [Errors], because
// an operator who repairs a file wants the whole list.
//
// Options that belong to one type of check, channel or source are not known
// here: they are kept as a [Node], with positions, and the package of that
// type decodes them with [Node.Decode], under the same rules. [Types] lets
// the caller do so within Parse, so that `outcry check` finds those mistakes
// as well.
//
// Secrets are never written into the file. A [Secret] names a file or an
// environment variable, is read when it is needed, and prints as "[secret]".
//
// The structs are plain values without behaviour or running state.
// docs/config.example.yaml shows every key with its default, and a test loads
// it; docs/configuration.md is the manual.
package config
