package app

import (
	"bytes"
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/bot/bottest"
	"torchbearer/plugins/all"
)

// desk is a folder with a configuration of a homeserver in memory, reached over
// loopback as the program reaches any.
type desk struct {
	*testing.T
	hs    *bottest.MatrixServer
	room  string // zoe's, with an alias
	path  string
	store string
}

func newDesk(t *testing.T, change ...string) *desk {
	t.Helper()
	d := &desk{T: t, hs: bottest.NewMatrix(bottest.MatrixOptions{})}
	t.Cleanup(d.hs.Close)
	d.hs.User(ourUser, zoeUser)
	d.room = d.hs.Room(zoeUser, alias)
	target, err := url.Parse(d.hs.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = d.hs.Transport()
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)

	dir := t.TempDir()
	d.path, d.store = filepath.Join(dir, "torchbearer.toml"), filepath.Join(dir, "torchbearer.db")
	text := strings.NewReplacer(change...).Replace(`[store]
path = "torchbearer.db"
[matrix.main]
homeserver = "` + front.URL + `"
user = "` + ourUser + `"
password = { file = "password" }
[people.zoe]
matrix = "` + zoeUser + `"
[team.glance]
rooms = ["main/` + alias + `"]
`)
	for name, content := range map[string]string{d.path: text, filepath.Join(dir, "password"): bottest.MatrixPassword(ourUser) + "\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// run calls the program and returns its exit status and all that it said.
func (d *desk) run(args ...string) (code int, said string) {
	d.Helper()
	var out bytes.Buffer
	code = Main(d.Context(), Env{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Plugins: all.Plugins()})
	if strings.Contains(out.String(), bottest.MatrixPassword(ourUser)) {
		d.Errorf("%q tells the password:\n%s", args, out.String())
	}
	return code, out.String()
}

// keys lists what the store holds.
func (d *desk) keys() (keys []string) {
	d.Helper()
	store, err := bolt.Open(d.store, bolt.Options{})
	if err != nil {
		d.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	err = store.View(d.Context(), func(tx bot.ReadTx) error {
		for key := range tx.Scan("") {
			keys = append(keys, key)
		}
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
	return keys
}

// What is not understood is told before anything happens, with what is known.
func TestLoginIsCalledWrongly(t *testing.T) {
	d := newDesk(t, "[people.zoe]", "[irc.oftc]\naddress = \"irc.oftc.net:6697\"\nnick = \"glancebot\"\n[people.zoe]")
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"login"}, `want NETWORK after the flags`},
		{[]string{"login", "main"}, `-config is missing`},
		{[]string{"login", "-config", d.path}, `want NETWORK after the flags`},
		{[]string{"login", "-config", d.path, "main", "other"}, `want NETWORK after the flags`},
		{[]string{"login", "-config", d.path, "mian"}, `no Matrix network "mian"; did you mean "main"? known: main`},
		{[]string{"login", "-config", d.path, "zzz"}, `no Matrix network "zzz"; known: main`},
		{[]string{"login", "-config", d.path, "oftc"}, `oftc is an IRC network, where the bot logs in by itself`},
		{[]string{"login", "-config", d.path + "x", "main"}, `no such file`},
	} {
		if code, said := d.run(tc.args...); code != exitUsage || !strings.Contains(said, tc.want) {
			t.Errorf("%q: exit %d, %q; want 2 and %q", tc.args, code, said, tc.want)
		}
	}
	if _, err := os.Stat(d.store); err == nil {
		t.Error("a store was made")
	}
	if n := len(d.hs.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	if code, said := d.run("login", "-h"); code != exitDone || !strings.Contains(said, "usage: torchbearer login") {
		t.Errorf("login -h: exit %d, %q", code, said)
	}
}

// A login is kept for the bot, and a second one makes no second device.
func TestLogin(t *testing.T) {
	d := newDesk(t)
	code, first := d.run("login", "-config", d.path, "main")
	if code != exitDone || !strings.Contains(first, "Logged in as "+ourUser+", device ") {
		t.Fatalf("exit %d, %q", code, first)
	}
	if code, second := d.run("login", "-config", d.path, "main"); code != exitDone || second != first {
		t.Errorf("again: exit %d, %q; want what was said first, %q", code, second, first)
	}
	store, err := bolt.Open(d.store, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // only read
	if code, said := d.run("login", "-config", d.path, "main"); code != exitFailed || !strings.Contains(said, "the bot is running: stop it first") {
		t.Errorf("while the bot runs: exit %d, %q", code, said)
	}
}

// The person at the terminal is asked on standard error, answers line by line, and
// can go away.
func TestTerminal(t *testing.T) {
	var out, asked bytes.Buffer
	p := terminalOf(Env{Stdin: strings.NewReader("EsTc 1234 \r\n\nlast"), Stdout: &out, Stderr: &asked}, "bot.db")
	for _, want := range []string{"EsTc 1234 ", "", "last"} {
		if got, err := p.Ask(t.Context(), "The recovery key?", true); err != nil || got != want {
			t.Errorf("answer %q, %v; want %q", got, err, want)
		}
	}
	if _, err := p.Ask(t.Context(), "And?", false); err == nil || !strings.Contains(err.Error(), "run this on a terminal") {
		t.Errorf("nobody there: %v", err)
	}
	if strings.Contains(out.String(), "?") || !strings.Contains(asked.String(), "The recovery key? ") {
		t.Errorf("asked %q on standard output, %q on standard error", out.String(), asked.String())
	}
	if err := p.Recovery("EsTc aaaa"); err != nil || strings.Count(out.String(), "EsTc aaaa") != 1 {
		t.Errorf("the recovery key is shown as %q, %v", out.String(), err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // nothing is written
	silent := terminalOf(Env{Stdin: r, Stdout: &out, Stderr: &asked}, "bot.db")
	if _, err := silent.Ask(gone, "?", false); err == nil {
		t.Error("interrupted, and there is an answer")
	}
}

// A network is tried with the bot's own login, which is kept; that it was told what
// was said meanwhile is not.
func TestCheckTriesMatrix(t *testing.T) {
	d := newDesk(t)
	code, said := d.run("check", "-config", d.path, "-connect")
	if code != exitDone || !strings.Contains(said, "ok      main: connected, "+ourUser+", device ") || !strings.Contains(said, "ok      main: "+alias+" joined") {
		t.Fatalf("all in order: exit %d\n%s", code, said)
	}
	if got := strings.Join(d.keys(), " "); got != "matrix/main/login meta/schema" {
		t.Errorf("the store holds %s, want the login alone", got)
	}
	_, again := d.run("check", "-config", d.path, "-connect")
	if again != said {
		t.Errorf("the second time\n%s\nwant what was said the first time, the same device\n%s", again, said)
	}
	d.hs.State(d.room, zoeUser, "m.room.power_levels", "", map[string]any{"users": map[string]any{zoeUser: 100}, "events_default": 50})
	if code, said := d.run("check", "-config", d.path, "-connect"); code != exitFailed || !strings.Contains(said, "missing main: "+alias) {
		t.Errorf("muted: exit %d\n%s", code, said)
	}
}

// A store that was put back is older than what was done with its keys since.
func TestRestoreTellsMatrix(t *testing.T) {
	d := newDesk(t)
	copied := d.store + ".copy"
	for _, args := range [][]string{{"login", "-config", d.path, "main"}, {"backup", "-config", d.path, copied}, {"restore", "-config", d.path, copied}} {
		if code, said := d.run(args...); code != exitDone {
			t.Fatalf("%q: exit %d, %q", args, code, said)
		}
	}
	if got := strings.Join(d.keys(), " "); got != "matrix/main/crypto/restored matrix/main/login meta/schema" {
		t.Errorf("the store holds %s", got)
	}
}
