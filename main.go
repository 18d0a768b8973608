// Torchbearer carries a code-review community's process on IRC and Matrix. See README.md.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	// The program carries its own zone data, so that a container without any
	// knows the team's civil days.
	_ "time/tzdata"

	"torchbearer/bot/app"
	"torchbearer/plugins/all"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	os.Exit(app.Main(ctx, app.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Hangup: hangup, Plugins: all.Plugins(),
	}))
}
