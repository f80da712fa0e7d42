// Package gatus reads the configuration of Gatus (github.com/TwiN/gatus, its
// README's "Configuration" and "Conditions") for [importer.Draft].
//
// Each endpoint becomes a service of its group and a check; conditions become
// what the check expects, where it can expect that, and a comment where not.
// Alerting is not carried over: here the judge decides when there is something
// to tell, and routes say to whom.
package gatus
