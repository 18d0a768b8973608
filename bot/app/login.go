package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"

	"torchbearer/bot/bolt"
	"torchbearer/bot/config"
	"torchbearer/bot/matrix"
	"torchbearer/bot/near"
)

// login logs the bot in to a Matrix network, once and before its first run there.
func login(ctx context.Context, env Env, args []string) (err error) {
	f := newFlags(env, "login").withConfig().withLog()
	if err := f.parse(args, "NETWORK"); err != nil {
		return err
	}
	log, err := f.logger()
	if err != nil {
		return err
	}
	if f.level != "debug" {
		log = slog.New(slog.DiscardHandler) // the steps are told
	}
	cfg, err := config.Load(f.config, build(env))
	if err != nil {
		return usageError{err}
	}
	n, err := matrixNetwork(cfg, f.Arg(0))
	if err != nil {
		return err
	}
	store, err := bolt.Open(cfg.Store.Path, bolt.Options{Log: log})
	if errors.Is(err, bolt.ErrHeld) {
		return fmt.Errorf("the bot is running: stop it first, log in, and start it again (%w)", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	o, err := homeserver(cfg, n, store, nil, log)
	if err != nil {
		return err
	}
	return matrix.Login(ctx, o, terminalOf(env, cfg.Store.Path))
}

// matrixNetwork finds the Matrix network that was named.
func matrixNetwork(cfg *config.Config, name string) (config.Matrix, error) {
	var names []string
	for _, n := range cfg.Matrix {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	switch best, ok := near.Best(name, names); {
	case slices.ContainsFunc(cfg.IRC, func(n config.IRC) bool { return n.Name == name }):
		return config.Matrix{}, usagef("torchbearer login: %s is an IRC network, where the bot logs in by itself; only Matrix takes this", name)
	case len(names) == 0:
		return config.Matrix{}, usagef("torchbearer login: there is no Matrix network; want a section [matrix.NAME] in %s", cfg.File)
	case ok:
		return config.Matrix{}, usagef("torchbearer login: no Matrix network %q; did you mean %q? known: %s", name, best, strings.Join(names, ", "))
	default:
		return config.Matrix{}, usagef("torchbearer login: no Matrix network %q; known: %s", name, strings.Join(names, ", "))
	}
}

// recoveryText is shown with the recovery key, which is shown once.
const recoveryText = `
The recovery key of the bot's account. It is shown this once and stored nowhere:

    %s

Keep it where you keep passwords, and not beside %s.
Who has it can make new devices of the account trusted; you need it if the store
or its key is lost.

`

// terminalOf is the person at the terminal. What is asked goes to standard error,
// so that standard output can be kept.
func terminalOf(env Env, store string) matrix.Person {
	lines := bufio.NewReader(env.Stdin)
	return matrix.Person{
		Say: func(text string) { fmt.Fprintln(env.Stdout, text) },
		Recovery: func(key string) error {
			_, err := fmt.Fprintf(env.Stdout, recoveryText, key, store)
			return err
		},
		Ask: func(ctx context.Context, text string, secret bool) (string, error) {
			fmt.Fprint(env.Stderr, text+" ")
			if secret {
				defer hide(env)()
			}
			type read struct {
				line string
				err  error
			}
			answer := make(chan read, 1)
			go func() {
				line, err := lines.ReadString('\n')
				answer <- read{line, err}
			}()
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case r := <-answer:
				if r.err != nil && (r.line == "" || !errors.Is(r.err, io.EOF)) {
					return "", fmt.Errorf("nobody answers on standard input (%w): run this on a terminal", r.err)
				}
				return strings.TrimRight(r.line, "\r\n"), nil
			}
		},
	}
}

// hide keeps what is typed from being shown, where standard input is a terminal
// and the system has stty, until the function that it returns is called.
func hide(env Env) (show func()) {
	in, ok := env.Stdin.(*os.File)
	if !ok || !terminal(in) {
		return func() {}
	}
	echo := func(how string) error {
		stty := exec.Command("stty", how)
		stty.Stdin = in
		return stty.Run()
	}
	if err := echo("-echo"); err != nil {
		return func() {}
	}
	return func() {
		_ = echo("echo") // it was possible before
		fmt.Fprintln(env.Stderr)
	}
}
