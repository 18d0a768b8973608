package e2e_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// network is one way to be on one kind of network.
type network struct {
	name  string
	start func(testing.TB, ircd.Opts) *ircd.Server
	login string
	cert  bool
}

// networks are the ways to log in that Torchbearer has, each where it is used.
var networks = []network{
	{"SASL PLAIN", ircd.StartInspIRCd, "sasl-plain", false},
	{"SASL EXTERNAL", ircd.StartInspIRCd, "sasl-external", true},
	{"NickServ", ircd.StartHybrid, "nickserv", false},
	{"NickServ by certificate", ircd.StartHybrid, "nickserv", true},
}

// both are the two kinds of network.
var both = []network{networks[0], networks[2]}

// eachOf runs a story on several networks side by side, each with a server of
// its own.
func eachOf(t *testing.T, list []network, users []ircd.Account, story func(*testing.T, *setup)) {
	t.Helper()
	t.Parallel()
	for _, n := range list {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			built(t)
			began := time.Now()
			t.Cleanup(func() { t.Logf("took %v", time.Since(began).Round(100*time.Millisecond)) })
			s := newSetup(t, n.start(t, ircd.Opts{Users: users}))
			s.login, s.cert = n.login, n.cert
			story(t, s)
		})
	}
}

// said matches what the bot says in a channel.
func (s *setup) said(channel, text string) string {
	return `^:` + regexp.QuoteMeta(s.server.Bot.Name) + `\S* PRIVMSG ` + regexp.QuoteMeta(channel) + ` :` + text
}

// heard counts and returns what a person heard the bot say that matches.
func (s *setup) heard(c *ircd.Client, text string) []ircd.Line {
	return heard(c, s.server.Bot.Name, text)
}

func heard(c *ircd.Client, from, text string) []ircd.Line {
	re := regexp.MustCompile(text)
	var lines []ircd.Line
	for _, l := range c.Lines() {
		if l.Command == "PRIVMSG" && l.Nick() == from && re.MatchString(l.Text()) {
			lines = append(lines, l)
		}
	}
	return lines
}

// lateAtMost is how long after its time a step is heard at the most: it is on the
// disk before it is sent, and a busy disk takes its time.
const lateAtMost = 4 * time.Second

// A ladder is heard in order, each step once and at its time.
func TestLadder(t *testing.T) {
	eachOf(t, networks, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		at := soon(60 * time.Second)
		s.remind = []string{"20s", "5s", "0s"}
		s.events = []event{{kind: "spec-freeze", name: "Spec freeze", at: at, url: "https://releases.example.org/schedule.html"}}
		b := s.start(t)
		b.ready(readyWithin)
		notYet(t, at.Add(-20*time.Second))
		steps := []struct {
			before time.Duration
			want   string
		}{
			{20 * time.Second, fmt.Sprintf(`Spec freeze in (20|1[6-9]) s: %s(:\d\d)? UTC\. https://releases\.example\.org/schedule\.html$`, at.UTC().Format("Mon 2006-01-02 15:04"))},
			{5 * time.Second, `Spec freeze in [1-5] s: `},
			{0, `Spec freeze is in effect \(\d\d:\d\d(:\d\d)? UTC\)\. From here an exception is .{1,8}'s decision\. https://`},
		}
		for _, step := range steps {
			due := at.Add(-step.before)
			l := zoe.Expect(s.said(room, step.want), time.Until(due)+answerWithin)
			if late := l.At.Sub(due); late < 0 || late > lateAtMost {
				t.Errorf("said %v after its time: %s", late, l.Raw)
			}
		}
		b.until("nothing waits any more", answerWithin, func() bool { return len(b.status().Outbox.Waiting) == 0 })
		if _, code := b.terminate(); code != 0 {
			t.Errorf("exit status %d", code)
		}
		zoe.Sync()
		if got := s.heard(zoe, "Spec freeze"); len(got) != len(steps) {
			t.Errorf("got %d lines, want %d: %v", len(got), len(steps), got)
		}
	})
}
