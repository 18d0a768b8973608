package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// The calls that people and scripts make around a running bot.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	built(t)
	s := newSetup(t, ircd.StartHybrid(t, ircd.Opts{}))
	s.events = cycleDates()
	s.write(t)
	conf := []string{"-config", s.path()}
	with := func(command string, more ...string) result {
		t.Helper()
		return call(t, append(append([]string{command}, conf...), more...)...)
	}
	want := func(res result, code int, texts ...string) {
		t.Helper()
		if res.code != code {
			t.Errorf("exit status %d, want %d\n%s%s", res.code, code, res.stdout, res.stderr)
		}
		for _, text := range texts {
			if !regexp.MustCompile(text).MatchString(res.stdout + res.stderr) {
				t.Errorf("no %s in %q", text, res.stdout+res.stderr)
			}
		}
	}
	want(with("status"), 1, `the bot is not running`)
	want(with("check"), 0, `no mistakes; 1 team, 1 network`)
	b := s.start(t)
	b.ready(readyWithin)
	want(with("status"), 0, `torchbearer \S+, up .*net connected`, `account torchbearer \(NickServ`)

	second := with("run")
	want(second, 1, regexp.QuoteMeta(s.store()), `another process holds it`)
	if !b.running() || b.status().code != 0 {
		t.Error("a second bot on the same store disturbed the first")
	}

	copied := filepath.Join(s.dir, "copy.db")
	want(with("backup", copied), 0, `copied \d+ bytes to `)
	want(with("backup", copied), 1, `exists`)
	want(with("restore", copied), 1, regexp.QuoteMeta(s.store()), `another process holds it`)
	if _, code := b.terminate(); code != 0 {
		t.Errorf("exit status %d", code)
	}
	if err := os.WriteFile(s.store()+".broken", []byte("no store at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(with("restore", s.store()+".broken"), 1, `.`)
	want(with("restore", copied), 0, `restored `, `the store that was there is kept as `)
	s.startAsIs(t).ready(readyWithin)
}

// Every mistake at once, with its line; exit status 2 wherever a configuration
// is read.
func TestBrokenConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "broken.toml")
	text := `[store]
path = "torchbearer.db"
[irc.net]
address = "irc.example.org"
nick = "9bot"
login = "password"
[team.glance]
zone = "Mars/Olympus"
rooms = ["elsewhere/#glance"]
[team.glance.plugin.freeze]
remind = ["7 days"]
[[team.glance.calendar.event]]
kind = "Spec freeze"
at = "2026-13-01"
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"check", "run", "status", "preview"} {
		args := []string{command, "-config", path}
		if command == "preview" {
			args = append(args, "-from", "2026-12-01", "-to", "2026-12-31")
		}
		res := call(t, args...)
		if res.code != 2 {
			t.Errorf("%s: exit status %d, want 2: %s", command, res.code, res.stderr)
		}
		for _, want := range []string{":4: irc.net.address", ":5: irc.net.nick", ":6: irc.net.login", ":8: team.glance.zone", ":9: team.glance.rooms", ":11: team.glance.plugin.freeze.remind", ":13: team.glance.calendar.event", ":14: team.glance.calendar.event"} {
			if !strings.Contains(res.stderr, "broken.toml"+want) {
				t.Errorf("%s: no broken.toml%s in\n%s", command, want, res.stderr)
			}
		}
	}
	for _, args := range [][]string{{}, {"fly"}, {"run"}, {"run", "-config"}, {"check", "-config", path, "more"}, {"backup", "-config", path}, {"preview", "-config", path}} {
		if res := call(t, args...); res.code != 2 || res.stderr == "" {
			t.Errorf("%q: exit status %d, %q; want 2 and a word why", args, res.code, res.stderr)
		}
	}
}

// check -connect tries login and rooms, and says what is missing.
func TestCheckConnect(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		s.write(t)
		res := call(t, "check", "-config", s.path(), "-connect")
		if res.code != 0 || !strings.Contains(res.stdout, "net: connected, account torchbearer") || !strings.Contains(res.stdout, "#glance joined") {
			t.Errorf("everything in order: exit %d\n%s%s", res.code, res.stdout, res.stderr)
		}
		zoe.Join("#closed")
		zoe.Send("MODE #closed +b torchbearer!*@*")
		zoe.Expect(`MODE #closed \+b`, answerWithin)
		s.rooms = []string{room, "#closed"}
		s.write(t)
		began := time.Now()
		res = call(t, "check", "-config", s.path(), "-connect")
		if res.code != 1 || !strings.Contains(res.stdout, "missing net: #closed not joined (banned from the channel (474)") || !strings.Contains(res.stdout, "#glance joined") {
			t.Errorf("banned from a room: exit %d\n%s%s", res.code, res.stdout, res.stderr)
		}
		t.Logf("found out in %v:\n%s", time.Since(began).Round(time.Millisecond), res.stdout)
		if _, err := os.Stat(s.store()); err == nil {
			t.Error("check made a store")
		}
	})
}

// preview of the example: every message the schedule would send, and nothing
// else happens.
func TestPreview(t *testing.T) {
	t.Parallel()
	s := example(t, nil, nil, "")
	res := call(t, "preview", "-config", s, "-from", "2026-12-01", "-to", "2026-12-11")
	if res.code != 0 {
		t.Fatalf("exit status %d: %s", res.code, res.stderr)
	}
	lines := strings.Split(strings.TrimSpace(res.stdout), "\n")
	want := []string{
		"Thu 2026-12-03 14:00:00Z  oftc/#openstack-glance  Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. … specs open. https://review.opendev.org/q/is:open+project:openstack/glance-specs",
		"Sun 2026-12-06 13:00:00Z  oftc/#openstack-glance  Review day tomorrow, from 13:00 UTC until 21:00 UTC. … changes wait for reviewers.",
		"Mon 2026-12-07 13:00:00Z  oftc/#openstack-glance  Review day until 21:00 UTC. … changes wait for reviewers.",
		"Mon 2026-12-07 14:00:00Z  oftc/#openstack-glance  Spec freeze in 3 days: ",
		"Mon 2026-12-07 21:00:00Z  oftc/#openstack-glance  Review day is over: … changes reviewed, … merged.",
		"Wed 2026-12-09 14:00:00Z  oftc/#openstack-glance  Spec freeze in 33 h 59 min: ",
		"Thu 2026-12-10 14:00:00Z  oftc/#openstack-glance  Spec freeze today, 23:59 UTC, in 9 h 59 min. Open: …. Missing it? Talk to ",
		"Thu 2026-12-10 23:59:00Z  oftc/#openstack-glance  Spec freeze is in effect (23:59 UTC). … specs merged; … still open. From here an exception is ",
	}
	asJSON := call(t, "preview", "-config", s, "-from", "2026-12-01", "-to", "2026-12-11", "-json")
	rows := strings.Split(strings.TrimSpace(asJSON.stdout), "\n")
	if asJSON.code != 0 || len(rows) != len(lines) {
		t.Fatalf("-json: exit status %d, %d lines, want %d", asJSON.code, len(rows), len(lines))
	}
	for i, row := range rows {
		var p struct {
			At         time.Time
			Room, Text string
		}
		if err := json.Unmarshal([]byte(row), &p); err != nil {
			t.Fatal(err)
		}
		if got := p.At.Format("Mon 2006-01-02 15:04:05Z") + "  " + p.Room + "  " + p.Text; got != lines[i] {
			t.Errorf("-json says\n%s, without it\n%s", got, lines[i])
		}
	}
	nights := 0
	lines = slices.DeleteFunc(lines, func(line string) bool {
		night := strings.HasSuffix(line, " 06:00:00Z  oftc/#openstack-glance  Review queue: … (glance …, glance_store …, glanceclient …, glance-specs …).")
		if night {
			nights++
		}
		return night
	})
	if len(lines) != len(want) || nights != 11 {
		t.Fatalf("want %d lines and 11 nights, got\n%s", len(want), res.stdout)
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("got  %s\nwant %s…", lines[i], w)
		}
	}
}
