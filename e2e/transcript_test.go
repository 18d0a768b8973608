package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// example is config.example.toml in a folder of its own, with its secret. With a
// server its network is that one, and the blocks are added to it. It returns the
// path.
func example(t testing.TB, srv *ircd.Server, blocks string) string {
	t.Helper()
	src, err := os.ReadFile("../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text, password := string(src)+blocks, "secret"
	if srv != nil {
		password = srv.Bot.Password
		text = strings.Replace(text, `"irc.oftc.net:6697"`, fmt.Sprintf("%q\nca = %q", srv.Addr, srv.CA), 1)
	}
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "torchbearer.toml")
	for p, content := range map[string]string{path: text, filepath.Join(dir, "secrets", "oftc"): password + "\n"} {
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// The example's team in its channel, on the network that OpenStack uses, with a
// rehearsal of a freeze half a minute ahead: with -v the test prints what a
// person in the channel sees, for the README.
func TestTranscript(t *testing.T) {
	t.Parallel()
	const channel = "#openstack-glance"
	srv := ircd.StartHybrid(t, ircd.Opts{Bot: ircd.Account{Name: "glancebot", Password: "pw-of-glancebot"}})
	nina := srv.Dial(t, "nina")
	nina.Join(channel)
	at := soon(30 * time.Second)
	s := &setup{server: srv}
	path := example(t, srv, fmt.Sprintf("\n[[team.glance.calendar.event]]\nkind = \"rehearsal-freeze\"\nname = \"Rehearsal freeze\"\nat = %q\nremind = [\"20s\", \"5s\", \"0s\"]\n", at.UTC().Format(time.RFC3339)))
	s.dir = filepath.Dir(path)
	s.startAsIs(t).ready(10 * time.Second)

	step := func(within time.Duration, want string) {
		t.Helper()
		nina.Expect(s.said(channel, want), within)
	}
	step(time.Until(at.Add(-15*time.Second)), `Rehearsal freeze in 20 s: `)
	asked := map[string]time.Time{}
	ask := func(text, want string) {
		t.Helper()
		time.Sleep(2 * time.Second) // a person types
		asked[text] = time.Now()
		nina.Say(channel, text)
		step(answerWithin, want)
	}
	// The freezes of the example lie behind at some time, and are found then too.
	ask("!freeze spec", `Spec freeze: Thu 2026-12-10 23:59 UTC, .* https://releases\.openstack\.org/2027\.1/schedule\.html`)
	ask("!when milestone 2", `Milestone 2 \(Indri-2\): Thu 2027-01-14 23:59 UTC`)
	ask("!calender", `I don't know "!c.?alender"; did you mean !calendar\?`)
	ask("!status", `torchbearer \S+, up .*oftc connected`)
	step(time.Until(at), `Rehearsal freeze in 5 s: `)
	step(time.Until(at)+answerWithin, `Rehearsal freeze is in effect`)

	var b strings.Builder
	said := nina.Lines()
	print := func(at time.Time, nick, text string) {
		fmt.Fprintf(&b, "%s <%s> %s\n", at.UTC().Format("15:04:05"), nick, text)
	}
	for _, l := range said {
		if l.Command != "PRIVMSG" || l.Params[0] != channel {
			continue
		}
		for text, when := range asked {
			if when.Before(l.At) {
				print(when, "nina", text)
				delete(asked, text)
			}
		}
		print(l.At, l.Nick(), l.Text())
	}
	t.Logf("%s on %s\n%s", channel, at.UTC().Format(time.DateOnly), b.String())
}
