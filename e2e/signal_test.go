package e2e_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// SIGTERM: the bot says goodbye and ends with status 0, well within ten seconds.
func TestTerminate(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		b := s.start(t)
		b.ready(readyWithin)
		took, code := b.terminate()
		if code != 0 || took > 10*time.Second {
			t.Errorf("ended after %v with status %d", took, code)
		}
		zoe.Expect(`^:`+s.server.Bot.Name+`!\S+ QUIT :(Quit: |Leaving)`, answerWithin)
		t.Logf("left in %v", took.Round(time.Millisecond))
		if st := s.status(t); st.code != 1 || !strings.Contains(st.text, "the bot is not running") {
			t.Errorf("status of a stopped bot: exit %d, %q", st.code, st.text)
		}
	})
}

// SIGHUP takes a changed calendar: the moved event's steps follow its new time,
// those of the old time are not said; a removed event is not heard of again; a
// file with mistakes changes nothing.
func TestReload(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		old := soon(60 * time.Second)
		freeze := event{kind: "spec-freeze", name: "Spec freeze", at: old, remind: []string{"5s", "0s"}}
		party := event{kind: "party", name: "Party", at: old, remind: []string{"5s", "0s"}}
		release := event{kind: "release", name: "Release", at: old.Add(8 * time.Second), remind: []string{"0s"}}
		s.events = []event{freeze, party, release}
		b := s.start(t)
		b.ready(readyWithin)

		b.writeText(t, strings.Replace(s.text(), "pace", "pase", 1)+"\nnonsense = 1\n")
		b.signal(syscall.SIGHUP)
		b.waitLog("configuration not reloaded", answerWithin)
		for _, want := range []string{"torchbearer.toml:", "irc.net.pase", "nonsense"} {
			if !strings.Contains(b.log.String(), want) {
				t.Errorf("the log does not say %q: %s", want, b.log)
			}
		}
		zoe.Say(room, "!when party")
		zoe.Expect(s.said(room, "Party: "), answerWithin)
		if st := b.status(); st.code != 0 || !strings.Contains(st.text, "the file has mistakes") || !strings.Contains(st.text, "irc.net.pase") {
			t.Errorf("status beside a file with mistakes: %d, %s", st.code, st.text)
		}

		freeze.at = old.Add(15 * time.Second)
		s.events = []event{freeze, release}
		b.reload()
		b.waitLog("configuration reloaded", answerWithin)
		notYet(t, old.Add(-5*time.Second))
		zoe.Say(room, "!when party")
		zoe.Expect(s.said(room, `I know no event "p.?arty"\. Known: `), answerWithin)

		for _, step := range []struct {
			text string
			at   time.Time
		}{
			{"Release is here", release.at},
			{"Spec freeze in [1-5] s: ", freeze.at.Add(-5 * time.Second)},
			{"Spec freeze is in effect", freeze.at},
		} {
			l := zoe.Expect(s.said(room, step.text), time.Until(step.at)+answerWithin)
			if late := l.At.Sub(step.at); late < 0 || late > lateAtMost {
				t.Errorf("said %v after its time: %s", late, l.Text())
			}
		}
		zoe.Sync()
		if got := s.heard(zoe, "^(Spec freeze|Release) i|^Party i"); len(got) != 3 {
			t.Errorf("want three lines, got %v", got)
		}
	})
}
