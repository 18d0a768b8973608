package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"torchbearer/bot"
)

// Env is what the program is given: arguments without its name, streams, and a
// channel that speaks when the configuration should be read again.
type Env struct {
	Args    []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Hangup  <-chan os.Signal
	Plugins []bot.Plugin
}

// Exit statuses of the program.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage or configuration
)

// errUsage is wrapped by errors that end the program with exitUsage.
var errUsage = errors.New("wrong usage")

// usageError is wrong usage or configuration, told as it is.
type usageError struct{ error }

func (e usageError) Is(target error) bool { return target == errUsage }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

const usageText = `usage: torchbearer <command> [flags]

  demo                                   try it: a sample team on this terminal, nothing to set up
  run     -config F                      the bot
  status  -config F [-json]              ask the running bot; exit 1 if unhealthy
  check   -config F [-connect]           every mistake of the configuration and its calendars at once; -connect
                                         tries the networks too
  check   -calendar FOLDER…              every mistake of official calendars, worst first; exit 1 if there are any
  calendar [-json] FOLDER…               the events of official calendars: folders with schedule.yaml and
                                         schedule.rst, or files: of an election, of all series, .ics, .csv
  login   -config F NETWORK              Matrix, with encryption: once, before the first run; shows the
                                         recovery key, and proves that encryption works
  preview -config F -from DATE -to DATE [-page | -json]
                                         every message the schedule would send, a line each; -page shows them
                                         week by week, to read; sends nothing
  backup  -config F OUT                  a consistent copy of the store, of a running bot too
  restore -config F IN                   put a copy back, over a stopped bot
  version                                what program this is

Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
`

// Main is the command line; it returns the exit status.
func Main(ctx context.Context, env Env) int {
	commands := map[string]func(context.Context, Env, []string) error{
		"demo": demo, "run": run, "status": status, "check": check,
		"preview": preview, "calendar": printCalendar, "backup": backup, "restore": restore, "login": login, "version": version,
	}
	if len(env.Args) == 0 {
		fmt.Fprint(env.Stderr, usageText)
		return exitUsage
	}
	name := env.Args[0]
	if name == "help" || name == "-h" || name == "-help" || name == "--help" {
		fmt.Fprint(env.Stdout, usageText)
		return exitDone
	}
	command, ok := commands[name]
	if !ok {
		fmt.Fprintf(env.Stderr, "torchbearer: no command %q\n%s", name, usageText)
		return exitUsage
	}
	err := command(ctx, env, env.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUnhealthy), errors.Is(err, errFindings):
		return exitFailed
	case errors.Is(err, errUsage):
		fmt.Fprintf(env.Stderr, "%v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(env.Stderr, "torchbearer %s: %v\n", name, err)
		return exitFailed
	}
}

// flags is a command's flags, and how many arguments it takes beside them.
type flags struct {
	*flag.FlagSet
	env    Env
	config string
	level  string
}

func newFlags(env Env, name string) *flags {
	f := &flags{FlagSet: flag.NewFlagSet(name, flag.ContinueOnError), env: env}
	f.SetOutput(env.Stderr)
	f.Usage = func() {
		fmt.Fprintf(env.Stderr, "usage: torchbearer%s", usageOf(name))
		f.PrintDefaults()
	}
	return f
}

// usageOf is a command's lines of the usage text.
func usageOf(name string) string {
	var b strings.Builder
	found := false
	for line := range strings.Lines(usageText) {
		switch {
		case strings.HasPrefix(line, "  "+name+" "):
			if found {
				b.WriteString("       torchbearer")
			}
			found = true
		case !strings.HasPrefix(line, "   "):
			found = false
		}
		if found {
			b.WriteString(strings.TrimPrefix(line, " "))
		}
	}
	return b.String()
}

// withConfig adds the -config flag.
func (f *flags) withConfig() *flags {
	f.StringVar(&f.config, "config", "", "the configuration `file`")
	return f
}

// withLog adds the -log flag.
func (f *flags) withLog() *flags {
	f.StringVar(&f.level, "log", "info", "what to log: debug, info, warn or error")
	return f
}

// parse reads the arguments; names are those of the ones that have to follow
// the flags, the last one with "…" for one or more.
func (f *flags) parse(args []string, names ...string) error {
	if err := f.parseFlags(args); err != nil {
		return err
	}
	return f.complete(names...)
}

func (f *flags) parseFlags(args []string) error {
	err := f.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return usagef("torchbearer %s: see torchbearer help", f.Name())
	}
	return err
}

// complete checks that everything is there.
func (f *flags) complete(names ...string) error {
	more := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "…")
	if f.NArg() < len(names) || f.NArg() > len(names) && !more {
		return usagef("torchbearer %s: want %s after the flags, got %q", f.Name(), arguments(names), f.Args())
	}
	if f.Lookup("config") != nil && f.config == "" {
		return usagef("torchbearer %s: -config is missing: the configuration file", f.Name())
	}
	return nil
}

func arguments(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " and ")
}

// logger logs to standard error: text on a terminal, JSON otherwise.
func (f *flags) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, usagef("torchbearer %s: -log %q: want debug, info, warn or error", f.Name(), f.level)
	}
	options := &slog.HandlerOptions{Level: level}
	if terminal(f.env.Stderr) {
		return slog.New(slog.NewTextHandler(f.env.Stderr, options)), nil
	}
	return slog.New(slog.NewJSONHandler(f.env.Stderr, options)), nil
}

// terminal reports whether a stream is one.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func version(_ context.Context, env Env, args []string) error {
	if err := newFlags(env, "version").parse(args); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stdout, Version())
	return err
}
