// Package heartbeat watches jobs that call us: a backup, a queue's worker, a
// cron line. Each has a secret token, a period and a grace, and calls
//
//	POST /api/v1/heartbeat/{token}          it has done its work
//	POST /api/v1/heartbeat/{token}/start    it has begun
//	POST /api/v1/heartbeat/{token}/fail     it has failed; the body may say why
//
// [Beats] takes the calls, in whichever process has the public listener, and
// keeps the last of each job in the store under a digest of its token: the
// token itself is stored and logged nowhere. The prober of a check of type
// heartbeat reads them back, in whichever process has the store. So what was
// heard survives restarts. Reasons:
//
//	missed        no call within period and grace
//	job-failed    the last call was /fail
//	overrun       it began, and has not ended within max_run
//	not-yet       cannot tell: it has not called since it was configured, and need not have
//	vantage       cannot tell: Outcry itself was away when the call was due
//
// A restart that is shorter than the grace excuses no job: let the job try
// again, as `curl --retry 5` does.
package heartbeat
