// Package uptimekuma reads a backup of Uptime Kuma (Settings, Backup, Export: a
// JSON document with monitorList; versions 1.x) for [importer.Draft].
//
// Each monitor that runs becomes a service and a check, groups the headings.
// Monitors of types without a counterpart become services without a check.
// Credentials of the backup are not carried over.
package uptimekuma
