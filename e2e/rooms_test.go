package e2e_test

import (
	"strings"
	"testing"
	"time"
)

// What is said into a muted room is not lost without a word: it is shown, and
// when the room is open again the newest step arrives.
func TestMuted(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		zoe.Send("MODE " + room + " +m")
		zoe.Expect(`MODE `+room+` :?\+m`, answerWithin)
		at := soon(65 * time.Second)
		s.remind = []string{"25s", "5s"}
		s.events = []event{{kind: "spec-freeze", name: "Spec freeze", at: at}}
		b := s.start(t)
		b.ready(readyWithin)
		notYet(t, at.Add(-25*time.Second))
		b.until("the muted message is shown", time.Until(at.Add(-10*time.Second)), func() bool {
			w := b.status().Outbox.Waiting
			return len(w) == 1 && w[0].Why == "muted in "+room+" (404)"
		})
		if res := call(t, "status", "-config", s.path()); !strings.Contains(res.stdout, "muted in #glance (404)") {
			t.Errorf("status for people does not name the muted room: %q", res.stdout)
		}
		zoe.Send("MODE " + room + " -m")
		zoe.Expect(`MODE `+room+` :?-m`, answerWithin)
		notYet(t, at.Add(-5*time.Second))
		zoe.Expect(s.said(room, `Spec freeze in [1-5] s: `), time.Until(at)+answerWithin)
		b.until("nothing waits", answerWithin, func() bool { return len(b.status().Outbox.Waiting) == 0 })
		zoe.Sync()
		if got := s.heard(zoe, "Spec freeze"); len(got) != 1 {
			t.Errorf("want the newest step alone, got %v", got)
		}
	})
}

// What waits for a muted room is dropped when its event is: when the room is open
// again, it hears that the event is gone and not of its step.
func TestUnsaid(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		zoe.Send("MODE " + room + " +m")
		zoe.Expect(`MODE `+room+` :?\+m`, answerWithin)
		party := event{kind: "party", name: "Party", at: soon(90 * time.Second), remind: []string{"55s"}}
		release := event{kind: "release", name: "Release", at: soon(55 * time.Second), remind: []string{"0s"}}
		s.events = []event{party, release}
		b := s.start(t)
		b.ready(readyWithin)
		b.until("the message waits", time.Until(release.at.Add(-5*time.Second)), func() bool { return len(b.status().Outbox.Waiting) == 1 })
		s.events = []event{release}
		b.reload()
		b.until("the news waits alone", answerWithin, func() bool {
			waiting := b.status().Outbox.Waiting
			return len(waiting) == 1 && waiting[0].Key == "glance/freeze/~changes/1"
		})
		zoe.Send("MODE " + room + " -m")
		// The first refusal by a muted room is followed by half a minute of rest.
		zoe.Expect(s.said(room, `Party is no longer in the calendar `), 40*time.Second)
		zoe.Expect(s.said(room, "Release is here"), max(0, time.Until(release.at))+answerWithin)
		zoe.Sync()
		if got := s.heard(zoe, "Party"); len(got) != 1 {
			t.Errorf("of an event that was removed is heard: %v; want that it is gone, alone", got)
		}
	})
}

// A kick is honoured: the bot stays away for a minute and says so; an invitation
// brings it back at once.
func TestKicked(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		name := s.server.Bot.Name
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		b := s.start(t)
		b.ready(readyWithin)
		kick := func(why string) time.Time {
			t.Helper()
			zoe.Send("KICK " + room + " " + name + " :" + why)
			kicked := zoe.Expect(` KICK `+room+` `+name+` `, answerWithin).At
			b.until("the kick is shown", answerWithin, func() bool {
				st := b.status()
				return st.code == 1 && st.room(room).Why == "kicked by zoe: "+why && !st.room(room).Retry.IsZero()
			})
			return kicked
		}
		joins := `^:` + name + `!\S+ JOIN `
		kicked := kick("not now")
		joined := zoe.Expect(joins, 2*time.Minute).At
		// Zoe may have read of the kick a moment later than the bot.
		if away := joined.Sub(kicked); away < 59*time.Second || away > 75*time.Second {
			t.Errorf("back %v after a kick", away)
		}
		kick("nor now")
		// An invitation within ten seconds of the last attempt is one too many.
		time.Sleep(time.Until(joined.Add(12 * time.Second)))
		if st := b.status(); st.code != 1 {
			t.Error("back in the room seconds after a kick")
		}
		zoe.Send("INVITE " + name + " " + room)
		zoe.Expect(joins, answerWithin)
	})
}
