package e2e_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// A server that is away while a step falls due: the bot comes back by itself
// and says the step once, with what is left by then.
func TestServerAway(t *testing.T) {
	away := map[string]time.Duration{"sasl-plain": 40 * time.Second, "nickserv": time.Minute}
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		freeze := event{kind: "spec-freeze", name: "Spec freeze", at: soon(10 * time.Minute), remind: []string{"0s"}}
		s.events = []event{freeze}
		b := s.start(t)
		b.ready(readyWithin)
		// Services are started by themselves below.
		s.server.StopServices()
		s.server.Stop()
		stopped := time.Now()
		b.until("the bot notices", answerWithin, func() bool { st := b.status(); return st.code == 1 && !st.net().Connected })
		// Planned only now: a step that fell due before the server went would be
		// said again as it was, its "9 min" with it.
		due := soon(12 * time.Second)
		freeze.remind = []string{fmt.Sprintf("%ds", int(freeze.at.Sub(due).Seconds())), "0s"}
		s.events = []event{freeze}
		b.reload()
		b.waitLog("configuration reloaded", answerWithin)
		notYet(t, due)
		time.Sleep(max(time.Until(stopped.Add(away[s.login])), time.Until(due.Add(time.Second))))
		s.server.Start()
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		s.server.StartServices() // the bot keeps out without, so Zoe is there first
		back := b.ready(2 * time.Minute)
		t.Logf("back %v after the server was", back.Round(100*time.Millisecond))

		l := zoe.Expect(s.said(room, `Spec freeze in \d+ min: `), answerWithin)
		// It was on its way for a moment, in which a minute may have ended.
		left := freeze.at.Sub(l.At)
		if got := number(t, l.Text(), `in (\d+) min`); got != int(left/time.Minute) && got != int((left+time.Second)/time.Minute) {
			t.Errorf("with %v left it says %q", left, l.Text())
		}
		b.until("nothing waits", answerWithin, func() bool { return len(b.status().Outbox.Waiting) == 0 })
		zoe.Sync()
		if got := s.heard(zoe, "Spec freeze"); len(got) != 1 {
			t.Errorf("said %d times: %v", len(got), got)
		}
	})
}

// number finds a number in a text.
func number(t *testing.T, text, expr string) int {
	t.Helper()
	m := regexp.MustCompile(expr).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %q", expr, text)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A link that is open and dead is noticed within 100 s, though nothing closes
// it; the bot comes back beside its own ghost, and what fell due is said.
func TestHalfOpen(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		proxy := s.server.Proxy
		if proxy == nil {
			proxy = s.server.NewProxy(t)
		}
		s.address = proxy.Addr
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		at := soon(620 * time.Second)
		s.events = []event{{kind: "spec-freeze", name: "Spec freeze", at: at, remind: []string{"570s"}}}
		b := s.start(t)
		b.ready(readyWithin)
		proxy.Freeze()
		frozen := time.Now()
		notYet(t, at.Add(-570*time.Second))
		b.until("the dead link is noticed", 100*time.Second, func() bool { return b.status().code == 1 })
		t.Logf("noticed after %v", time.Since(frozen).Round(100*time.Millisecond))
		t.Logf("back after %v more", b.ready(time.Minute).Round(100*time.Millisecond))
		// It may have arrived the first time, so it is repeated word for word: a
		// double would be seen to be one.
		l := zoe.Expect(`^:torchbearer\S* PRIVMSG `+room+` :Spec freeze in 9 min: `, answerWithin)
		t.Logf("said with %v left: %s", at.Sub(l.At).Round(time.Second), l.Text())
		// The nick comes back too, with the help of services.
		b.until("the bot has its nick", time.Minute, func() bool { return b.status().net().Detail == "" })
		b.until("nothing waits", answerWithin, func() bool { return len(b.status().Outbox.Waiting) == 0 })
		zoe.Sync()
		if got := append(heard(zoe, "torchbearer", "Spec freeze"), heard(zoe, "torchbearer_", "Spec freeze")...); len(got) != 1 {
			t.Errorf("said %d times: %v", len(got), got)
		}
	})
}

// OFTC lets nobody connect twice within ten seconds, and over TLS it doesn't say
// so: the connection just ends. A bot that is started again at once gets in all
// the same, by waiting longer each time.
func TestThrottled(t *testing.T) {
	t.Parallel()
	built(t)
	s := newSetup(t, ircd.StartHybrid(t, ircd.Opts{ThrottleTime: 10 * time.Second}))
	b := s.start(t)
	b.ready(time.Minute)
	b.kill()
	// A connection from the bot's address a moment ago, however long the bot was
	// in for.
	s.server.Reachable()
	b = s.startAsIs(t)
	b.until("the bot says why it is not there", readyWithin, func() bool {
		st := b.status()
		return st.code == 1 && !st.net().Retry.IsZero()
	})
	t.Logf("in after %v: %s", b.ready(time.Minute).Round(100*time.Millisecond), b.status().net().Login)
}

// One reminder for many rooms reaches each of them once.
func TestManyRooms(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		for i := range 20 {
			s.rooms = append(s.rooms, fmt.Sprintf("#glance-%02d", i))
		}
		// Twice as fast as a network is used to: it may make the bot wait, and
		// must not throw it out.
		s.burst, s.pace = 5, "1s"
		zoe := s.server.Dial(t, "zoe")
		for _, r := range s.rooms {
			zoe.Join(r)
		}
		at := soon(60 * time.Second)
		s.events = []event{{kind: "spec-freeze", name: "Spec freeze", at: at, remind: []string{"0s"}}}
		b := s.start(t)
		b.ready(time.Until(at))
		const step = "^Spec freeze is in effect"
		b.until("every room has heard it", time.Until(at)+time.Minute, func() bool { return len(s.heard(zoe, step)) >= len(s.rooms) })
		b.until("nothing waits", answerWithin, func() bool { return len(b.status().Outbox.Waiting) == 0 })
		zoe.Sync()
		times := map[string]int{}
		var last time.Time
		for _, l := range s.heard(zoe, step) {
			times[l.Params[0]]++
			last = l.At
		}
		for _, r := range s.rooms {
			if times[r] != 1 {
				t.Errorf("%s heard it %d times", r, times[r])
			}
		}
		t.Logf("the last of %d rooms heard it %v after its time", len(s.rooms), last.Sub(at).Round(time.Millisecond))
	})
}
