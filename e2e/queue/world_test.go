package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"torchbearer/e2e/gerritd"
	"torchbearer/e2e/ircd"
	"torchbearer/e2e/local"
)

const (
	room = "#glance"
	// soon is how long a person waits for an answer on a busy machine.
	soon = 15 * time.Second
	// polled is how long news of Gerrit take to the bot at the most.
	polled = 75 * time.Second
)

// world is the built program between a Gerrit and a chat network.
type world struct {
	t      *testing.T
	gerrit *gerritd.Server
	net    *ircd.Server
	proxy  *ircd.Proxy
	people map[string]*ircd.Client
	dir    string
	night  string    // of the nightly line
	every  string    // how often Gerrit is read
	read   time.Time // the queue was, when the bot was started last

	cmd   *exec.Cmd
	log   *local.Log
	ended chan struct{}
}

// accounts are the people with a services account, whom the network vouches for.
var accounts = []string{"maria", "zoe", "bob", "nina"}

func account(name string) ircd.Account { return ircd.Account{Name: name, Password: "pw-of-" + name} }

// newWorld starts both servers side by side. Erin, a core through a nested group,
// has no section in the configuration and no account in chat.
func newWorld(t *testing.T, start func(testing.TB, ircd.Opts) *ircd.Server, opts gerritd.Opts) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: new(local.Log), people: map[string]*ircd.Client{}, every: "30s"}
	// The nightly line comes when a test wants it, whatever the time of day is.
	w.night = time.Now().UTC().Add(12 * time.Hour).Format("15:04")
	gerritd.Require(t)
	// Built before the servers start, which have to be up in time, and before a
	// story looks at the clock.
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
	var users []ircd.Account
	for _, name := range accounts {
		users = append(users, account(name))
	}
	w.net = start(t, ircd.Opts{Bot: account(bot), Users: users, NoLimits: true})
	w.proxy = w.net.Proxy
	if w.proxy == nil {
		w.proxy = w.net.NewProxy(t)
	}
	opts.Seed = seed()
	w.gerrit = gerritd.Start(t, opts)
	return w
}

// enter brings people into the room.
func (w *world) enter(names ...string) {
	w.t.Helper()
	for _, name := range names {
		opts := ircd.ClientOpts{Nick: name}
		for _, known := range accounts {
			if known == name {
				opts.Account = account(name)
			}
		}
		w.people[name] = ircd.Dial(w.t, w.net.PlainAddr, opts)
		w.people[name].Join(room)
	}
}

func (w *world) path() string { return filepath.Join(w.dir, "torchbearer.toml") }

// configure writes the configuration.
func (w *world) configure() {
	w.t.Helper()
	login := "sasl-plain"
	if w.net.Proxy != nil {
		login = "nickserv"
	}
	text := fmt.Sprintf(`[store]
path = "torchbearer.db"
[limits]
commands = "off"
[irc.net]
address = %q
ca = %q
nick = %q
account = %[3]q
login = %q
password = { file = "chat" }
pace = "0s"
[gerrit.opendev]
url = %q
user = %[3]q
password = { file = "gerrit" }
every = %[6]q
ci = ["zuul"]
`, w.proxy.Addr, w.net.CA, bot, login, w.gerrit.URL, w.every)
	for _, name := range accounts {
		text += fmt.Sprintf("[people.%s]\nirc = { net = %[1]q }\ngerrit = %[1]q\n", name)
	}
	text += fmt.Sprintf(`[team.glance]
name = "Glance"
rooms = ["net/%s"]
gerrit = "opendev"
projects = [%q, %q]
specs = [%q]
cores = ["group:glance-core"]
ptl = ["maria"]
[team.glance.project.%q]
cores = ["group:store-core"]
[team.glance.plugin.backlog]
at = %q
[team.glance.plugin.reviewday]
days = []
[team.glance.plugin.ask]
daily = 10
[team.glance.plugin.freeze]
`, room, glance, store, specs, store, w.night)
	for name, content := range map[string]string{"torchbearer.toml": text, "chat": account(bot).Password + "\n", "gerrit": gerritd.Password(bot) + "\n"} {
		path := filepath.Join(w.dir, name)
		// In one step: the bot may be reading.
		if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
			w.t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			w.t.Fatal(err)
		}
	}
}

// program builds the bot once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "torchbearer-queue-")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "torchbearer")
	if out, err := exec.Command("go", "build", "-o", path, "torchbearer").CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("build program: %w", err), errors.New(string(out)))
	}
	return path, nil
})

// built is the folder of the program.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(built)
	os.Exit(code)
}

// start starts the bot, which ends with the test, and waits until it has read
// the queue.
func (w *world) start() {
	w.t.Helper()
	path, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	first := w.cmd == nil
	cmd, ended := exec.Command(path, "run", "-config", w.path()), make(chan struct{})
	cmd.Stderr = w.log
	// The kernel ends the bot when the test dies without cleaning up. That is
	// tied to the thread that started it, so the thread stays as long.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // it is killed in the end
		}
		close(ended)
	}()
	if err := <-started; err != nil {
		w.t.Fatalf("start bot: %v", err)
	}
	w.cmd, w.ended = cmd, ended
	if first {
		w.t.Cleanup(func() {
			w.kill()
			text := w.log.String()
			if lines := strings.Split(strings.TrimSpace(text), "\n"); w.t.Failed() {
				w.t.Logf("--- the bot's log, last lines\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
			}
			for _, secret := range []string{account(bot).Password, gerritd.Password(bot)} {
				if strings.Contains(text, secret) {
					w.t.Errorf("the bot's log shows a password:\n%s", text)
				}
			}
			if strings.Contains(text, "panic:") {
				w.t.Errorf("the bot's log shows a fault:\n%s", text)
			}
		})
	}
	w.until("the bot is healthy and has read the queue", 2*time.Minute, func() bool {
		s := w.status()
		return s.Healthy && len(s.Reviews) == 1 && s.Reviews[0].Complete && s.Reviews[0].Failing == ""
	})
	w.read = time.Now()
}

// kill ends the bot as kill -9 does.
func (w *world) kill() {
	_ = w.cmd.Process.Kill() // it may have ended
	<-w.ended
}

// reload has the bot read its configuration again.
func (w *world) reload() {
	w.t.Helper()
	w.configure()
	if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		w.t.Fatalf("send SIGHUP to the bot: %v", err)
	}
}

// status is what the tests read of "status -json".
type status struct {
	Healthy bool
	Reviews []struct {
		Server, Version, Failing, Mergeable string
		Open                                int
		Complete                            bool
	}
	text string
}

func (w *world) status() status {
	w.t.Helper()
	path, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := exec.Command(path, "status", "-config", w.path(), "-json").Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	s := status{text: string(out)}
	if len(out) > 0 {
		if err := json.Unmarshal(out, &s); err != nil {
			w.t.Fatalf("read status %q: %v", out, err)
		}
	}
	return s
}

// until polls, and ends the test when it has become too late.
func (w *world) until(what string, within time.Duration, done func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(within); !done(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not in %v: %s\nstatus: %s", within, what, w.status().text)
		}
		select {
		case <-w.ended:
			w.t.Fatalf("the bot ended before: %s", what)
		default:
		}
	}
}

// ask has somebody say something in the room, and returns what the bot says next
// there.
func (w *world) ask(who, text string) string {
	w.t.Helper()
	c := w.people[who]
	c.Sync() // what was said before is no answer
	c.Say(room, text)
	l := c.ExpectFunc("an answer to "+text, func(l ircd.Line) bool {
		return l.Command == "PRIVMSG" && l.Nick() == bot && strings.EqualFold(l.Params[0], room)
	}, soon)
	return l.Text()
}

// answers asks, and holds the answer to an expression.
func (w *world) answers(t *testing.T, who, text, want string) string {
	t.Helper()
	got := w.ask(who, text)
	if !regexp.MustCompile(want).MatchString(got) {
		t.Errorf("%s: %s\ngot  %q\nwant %s", who, text, got, want)
	}
	return got
}

// comes asks again and again, until the answer is as expected.
func (w *world) comes(who, text, want string, within time.Duration) {
	w.t.Helper()
	re, got := regexp.MustCompile(want), ""
	for deadline := time.Now().Add(within); !re.MatchString(got); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %s\nin %v it did not become %s\nin the end %q", who, text, within, want, got)
		}
		got = w.ask(who, text)
	}
}

// hears waits for something the bot says in the room.
func (w *world) hears(who, want string, within time.Duration) string {
	w.t.Helper()
	return w.people[who].Expect(`^:`+bot+`\S* PRIVMSG `+room+` :`+want, within).Text()
}

// today matches how the bot names the day of what happened at an instant, when it
// is asked within so long from now: midnight may have passed by then.
func today(at time.Time, within time.Duration) string {
	if at.UTC().Day() == time.Now().Add(within).UTC().Day() {
		return "today"
	}
	return "(today|(on )?" + at.UTC().Format("Mon") + ")"
}

// n is a change's number as people write it.
func (w *world) n(name string) string { return fmt.Sprint(w.gerrit.Number(name)) }

// searched follows a link of the bot's, as far as Gerrit's search goes: the
// numbers that it shows.
func (w *world) searched(t *testing.T, said string) []int {
	t.Helper()
	_, query, found := strings.Cut(said, w.gerrit.URL+"/q/")
	if !found {
		t.Fatalf("no link to a search in %q", said)
	}
	query, _, _ = strings.Cut(query, " ")
	query, err := url.PathUnescape(strings.ReplaceAll(query, "+", " "))
	if err != nil {
		t.Fatal(err)
	}
	return w.gerrit.Search(bot, query)
}
