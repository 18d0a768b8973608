package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/local"
)

// readyWithin bounds the wait for a bot that has nothing to wait for itself: it
// starts, registers (a second on InspIRCd), logs in and joins.
const readyWithin = 30 * time.Second

// result is what a call of the program said.
type result struct {
	stdout, stderr string
	code           int
}

// call runs the program to its end.
func call(t testing.TB, args ...string) result {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 90*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run torchbearer %s: %v", strings.Join(args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// daemon is a running "torchbearer run".
type daemon struct {
	*setup
	t     testing.TB
	cmd   *exec.Cmd
	log   *local.Log
	ended chan struct{}
}

// start writes the configuration and starts a bot on it. It ends with the test.
func (s *setup) start(t testing.TB) *daemon {
	t.Helper()
	s.write(t)
	return s.startAsIs(t)
}

// startAsIs starts a bot on what the file says.
func (s *setup) startAsIs(t testing.TB) *daemon {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	b := &daemon{setup: s, t: t, log: new(local.Log), ended: make(chan struct{})}
	b.cmd = exec.Command(path, "run", "-config", s.path())
	b.cmd.Stderr = b.log
	// The kernel ends the bot when the test dies without cleaning up. That is
	// tied to the thread that started it, so the thread stays as long.
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := b.cmd.Start()
		started <- err
		if err == nil {
			_ = b.cmd.Wait() // its status is looked at where it matters
		}
		close(b.ended)
	}()
	if err := <-started; err != nil {
		t.Fatalf("start bot: %v", err)
	}
	t.Cleanup(func() {
		b.kill()
		if t.Failed() {
			lines := strings.Split(strings.TrimSpace(b.log.String()), "\n")
			t.Logf("--- the bot's log, last lines\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
		if text := b.log.String(); strings.Contains(text, "panic:") || strings.Contains(text, "DATA RACE") {
			t.Errorf("the bot's log shows a fault:\n%s", text)
		}
		if strings.Contains(b.log.String(), s.server.Bot.Password) {
			t.Errorf("the bot's log shows its password:\n%s", b.log)
		}
	})
	return b
}

// kill ends the bot as kill -9 does.
func (b *daemon) kill() {
	_ = b.cmd.Process.Kill() // it may have ended
	<-b.ended
}

// terminate asks the bot to leave, and returns how long that took and its exit
// status.
func (b *daemon) terminate() (time.Duration, int) {
	b.t.Helper()
	began := time.Now()
	b.signal(syscall.SIGTERM)
	select {
	case <-b.ended:
	case <-time.After(20 * time.Second):
		b.t.Fatal("the bot runs on 20 s after SIGTERM")
	}
	return time.Since(began), b.cmd.ProcessState.ExitCode()
}

// reload writes the configuration and has the bot read it again.
func (b *daemon) reload() {
	b.t.Helper()
	b.write(b.t)
	b.signal(syscall.SIGHUP)
}

func (b *daemon) signal(sig syscall.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(sig); err != nil {
		b.t.Fatalf("send %v to the bot: %v", sig, err)
	}
}

// running tells whether the bot has not ended.
func (b *daemon) running() bool {
	select {
	case <-b.ended:
		return false
	default:
		return true
	}
}

// waitLog returns when the bot's log holds a text.
func (b *daemon) waitLog(text string, within time.Duration) {
	b.t.Helper()
	b.until("the log says "+text, within, func() bool { return strings.Contains(b.log.String(), text) })
}

// pollEvery is how often a story looks for something. Most looks start the
// program, and many stories look at once: more often would keep the bots from
// the processors.
const pollEvery = 250 * time.Millisecond

// until polls, and ends the test when it has become too late.
func (b *daemon) until(what string, within time.Duration, done func() bool) {
	b.t.Helper()
	deadline := time.Now().Add(within)
	for !done() {
		if time.Now().After(deadline) {
			b.t.Fatalf("not in %v: %s\nstatus: %+v", within, what, b.status())
		}
		if !b.running() {
			b.t.Fatalf("the bot ended before: %s", what)
		}
		time.Sleep(pollEvery)
	}
}

// state is what the tests read of "status -json".
type state struct {
	Healthy  bool
	Problems []string
	Networks []networkState
	Outbox   struct {
		Waiting, Failed []struct {
			Key      string
			Attempts int
			Why      string
		}
	}
	Next []struct{ Key string }

	code int
	text string
}

// networkState is one network's part of it.
type networkState struct {
	Network, Login, Detail string
	Connected              bool
	Retry                  time.Time
	Rooms                  []roomState
}

type roomState struct {
	Room, Why string
	Ready     bool
	Retry     time.Time
}

// net is the one network of these tests; zero while the bot can't be asked.
func (st state) net() networkState {
	if len(st.Networks) == 0 {
		return networkState{}
	}
	return st.Networks[0]
}

// room is what status says of a room.
func (st state) room(channel string) roomState {
	for _, r := range st.net().Rooms {
		if r.Room == "net/"+channel {
			return r
		}
	}
	return roomState{}
}

// status asks the bot with "torchbearer status -json". The zero state, with its
// exit status, is one that could not be asked.
func (s *setup) status(t testing.TB) state {
	t.Helper()
	res := call(t, "status", "-config", s.path(), "-json")
	var st state
	if res.stdout != "" {
		if err := json.Unmarshal([]byte(res.stdout), &st); err != nil {
			t.Fatalf("read status %q: %v", res.stdout, err)
		}
	}
	st.code, st.text = res.code, res.stdout+res.stderr
	return st
}

func (b *daemon) status() state { b.t.Helper(); return b.setup.status(b.t) }

// ready waits until the bot is where it should be, and returns how long it took.
func (b *daemon) ready(within time.Duration) time.Duration {
	b.t.Helper()
	began := time.Now()
	b.until("the bot is healthy", within, func() bool { return b.status().code == 0 })
	return time.Since(began)
}
