// Command outcry hears that a service is failing, decides whether that is an
// outage, and says so: on a public page, to subscribers, over an API.
//
// `outcry serve` runs it; `outcry --help` lists the rest.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones on machines that have none installed

	"github.com/alecthomas/kong"

	"github.com/outcry/outcry"
	"github.com/outcry/outcry/internal/config"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // failed, or found wrong
	exitMisuse = 2
)

// cli is the whole command line.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the product: intake, probes, judge, page. With no configuration: a page for four Apple services on http://localhost:8080."`
	Check    checkCmd    `cmd:"" help:"Read a configuration file and list every mistake in it as FILE:LINE:COLUMN: message."`
	Probe    probeCmd    `cmd:"" help:"Run one check now and show every step. Exits 0 when it is up, 1 when down, 2 when that cannot be told from here."`
	Replay   replayCmd   `cmd:"" help:"Play a recorded outage through the whole pipeline on a virtual clock, and say when it would have been noticed."`
	Backtest backtestCmd `cmd:"" help:"Take recorded counts through the judge: when it would have alerted, what it learned, how that scores."`
	Baseline baselineCmd `cmd:"" help:"Show what the judge has learned to be usual for a service, hour by hour of the week."`
	Post     postCmd     `cmd:"" help:"Hand posts to a running server: one JSON object a line on standard input, {\"text\":…,\"author\":…}."`
	Mirror   mirrorCmd   `cmd:"" help:"Verify a copy of the pages."`
	Sources  sourcesCmd  `cmd:"" help:"Find vendors whose own status pages can be listened to."`
	Import   importCmd   `cmd:"" help:"Make a configuration of Gatus's, Uptime Kuma's, blackbox_exporter's or a Statuspage's, and say what it could not carry over."`
	Incident incidentCmd `cmd:"" help:"See and steer incidents on a running server."`
	Comments commentsCmd `cmd:"" help:"Read what people wrote with their reports on a running server, and approve or reject it."`
	Vantage  vantageCmd  `cmd:"" help:"See remote vantages of a running server, and revoke them."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// streams are what a command reads and writes, and how it ends.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run carries out one command line and gives the exit code.
func run(ctx context.Context, args []string, s *streams) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("outcry"),
		kong.Description("Outcry hears outages from people, probes and vendors, and says so on a public page.\n\nStart with: outcry serve\nSee one unfold: outcry serve --replay imessage-2024-05-16"),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(s.out, s.err), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s), kong.Bind(&c),
	)
	if err != nil {
		fmt.Fprintln(s.err, "outcry:", err)
		return exitMisuse
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(s.err, "outcry: %v\nSee outcry --help.\n", err)
		return exitMisuse
	}
	return report(s, k.Run())
}

// verdict is an error that only carries an exit code: the command has said all.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("exit %d", int(v)) }

// report maps an error to what the person sees and to the exit code.
func report(s *streams, err error) int {
	if err == nil || errors.Is(err, context.Canceled) {
		return exitDone
	}
	if v, ok := errors.AsType[verdict](err); ok {
		return int(v)
	}
	if list, ok := errors.AsType[config.Errors](err); ok {
		fmt.Fprintln(s.err, list)
		return exitFailed
	}
	fmt.Fprintln(plain{s.err}, "outcry:", err) // it may be a server's
	if outcry.CodeOf(err) == outcry.CodeInvalid {
		return exitMisuse
	}
	return exitFailed
}
