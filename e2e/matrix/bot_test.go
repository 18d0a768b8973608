package matrix_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/local"
)

// within bounds the wait for whatever takes a person no time at all, on a machine
// that has much else to do.
const within = 2 * time.Minute

// pollEvery is how often a story looks for something. Most looks start the
// program, and many stories look at once: more often would keep the bots from
// the processors.
const pollEvery = 250 * time.Millisecond

// result is what a call of the program said.
type result struct {
	stdout, stderr string
	code           int
}

// call runs the program to its end.
func call(t testing.TB, args ...string) result { t.Helper(); return callWith(t, "", args...) }

// callWith is call with something typed in.
func callWith(t testing.TB, typed string, args ...string) result {
	t.Helper()
	path, err := suite.program()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(typed), &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run torchbearer %s: %v", strings.Join(args, " "), err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// daemon is a running "torchbearer run".
type daemon struct {
	*world
	cmd   *exec.Cmd
	log   *local.Log
	ended chan struct{}
}

// start writes the configuration and starts a bot on it. It ends with the test.
func (w *world) start() *daemon {
	w.Helper()
	w.write()
	path, err := suite.program()
	if err != nil {
		w.Fatal(err)
	}
	b := &daemon{world: w, log: new(local.Log), ended: make(chan struct{})}
	b.cmd = exec.Command(path, "run", "-config", w.path(), "-log", "debug")
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
		w.Fatalf("start bot: %v", err)
	}
	w.Cleanup(func() {
		b.kill()
		text := b.log.String()
		if w.Failed() {
			lines := strings.Split(strings.TrimSpace(text), "\n")
			w.Logf("--- the bot's log, last lines\n%s", strings.Join(lines[max(0, len(lines)-60):], "\n"))
		}
		if strings.Contains(text, "panic:") || strings.Contains(text, "DATA RACE") || strings.Contains(text, "internal error") {
			w.Errorf("the bot's log shows a fault:\n%s", text)
		}
		for name, secret := range map[string]string{"password": w.bot.Password, "token": "syt_", "key": w.key} {
			if strings.Contains(text, secret) {
				w.Errorf("the bot's log shows a %s:\n%s", name, text)
			}
		}
	})
	return b
}

// ready waits until the bot is where it should be.
func (b *daemon) ready() *daemon {
	b.Helper()
	b.until("the bot is healthy", within, func() bool { return b.status().Healthy })
	return b
}

// plan puts an event of a few seconds ahead into the calendar, waits until the
// running bot knows of it, and returns when it is.
func (b *daemon) plan(name string) (due time.Time) {
	b.Helper()
	due = soon(12 * time.Second)
	b.events = append(b.events, event{kind: "docs", id: "day-" + strconv.Itoa(len(b.events)), name: name, at: due, remind: []string{"0s"}})
	b.reload()
	b.planned(name, due)
	return due
}

// planned waits until the running bot knows of a step as the next one.
func (b *daemon) planned(name string, due time.Time) {
	b.Helper()
	b.until(name+" is planned", time.Until(due), func() bool {
		next := b.status().Next
		return len(next) > 0 && next[0].At.Equal(due)
	})
}

// kill ends the bot as kill -9 does.
func (b *daemon) kill() {
	_ = b.cmd.Process.Kill() // it may have ended
	<-b.ended
}

// terminate asks the bot to leave, and waits until it has.
func (b *daemon) terminate() {
	b.Helper()
	b.signal(syscall.SIGTERM)
	select {
	case <-b.ended:
	case <-time.After(20 * time.Second):
		b.Fatal("the bot runs on 20 s after SIGTERM")
	}
	if code := b.cmd.ProcessState.ExitCode(); code != 0 {
		b.Errorf("exit status %d", code)
	}
}

// reload writes the configuration and has the bot read it again.
func (b *daemon) reload() {
	b.Helper()
	b.write()
	b.signal(syscall.SIGHUP)
}

func (b *daemon) signal(sig syscall.Signal) {
	b.Helper()
	if err := b.cmd.Process.Signal(sig); err != nil {
		b.Fatalf("send %v to the bot: %v", sig, err)
	}
}

// until polls, and ends the test when it has become too late.
func (b *daemon) until(what string, within time.Duration, done func() bool) {
	b.Helper()
	for deadline := time.Now().Add(within); !done(); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			b.Fatalf("not in %v: %s\nstatus: %s", within, what, b.status().text)
		}
		select {
		case <-b.ended:
			b.Fatalf("the bot ended before: %s", what)
		default:
		}
	}
}

// state is what the tests read of "status -json".
type state struct {
	Healthy  bool
	Problems []string
	Networks []struct {
		Network, Login, Trust, Detail string
		Connected                     bool
		Rooms                         []struct {
			Room, Why string
			Ready     bool
		}
	}
	Outbox struct {
		Waiting, Failed []struct {
			Key      string
			Attempts int
			Why      string
		}
	}
	Next []struct {
		At    time.Time
		Title string
	}
	Reviews []struct {
		Complete bool
		Open     int
	}

	code int
	text string
}

// status asks the bot with "torchbearer status -json"; the zero state, with its
// exit status, is of one that could not be asked.
func (w *world) status() state {
	w.Helper()
	res := call(w, "status", "-config", w.path(), "-json")
	var s state
	if res.stdout != "" {
		if err := json.Unmarshal([]byte(res.stdout), &s); err != nil {
			w.Fatalf("read status %q: %v", res.stdout, err)
		}
	}
	s.code, s.text = res.code, res.stdout+res.stderr
	return s
}

// idle reports whether nothing waits to be said any more.
func (b *daemon) idle() bool {
	s := b.status()
	return s.Healthy && len(s.Outbox.Waiting) == 0
}
