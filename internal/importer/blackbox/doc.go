// Package blackbox reads the modules of a Prometheus blackbox_exporter (its
// CONFIGURATION.md), and the targets that a Prometheus has it probe, from the
// scrape_configs with metrics_path /probe, for [importer.Draft].
//
// A module that a check of ours does in full becomes that check. Of one that it
// does not, the check asks the exporter itself (type blackbox), so that nothing
// is lost as long as the exporter runs; a comment says what kept it from becoming
// one of ours.
package blackbox
