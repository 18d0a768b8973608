package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bolt"
	"torchbearer/e2e/ircd"
)

// The window in which a kill may cost a double: from the line's way out until
// its acknowledgement is on the disk. What the bot needs for that after the
// acknowledgement has reached it is milliseconds on an idle machine; all other
// kills fall within a quarter of a second of the line.
const toDisk = 2 * time.Second

// life is one step and how the bot is killed around it.
type life struct {
	name string
	kill func(*round)
}

// round is what a kill may look at.
type round struct {
	t     *testing.T
	due   time.Time
	text  string // of the step
	proxy *ircd.Proxy
	zoe   *ircd.Client
}

// acks matches what acknowledges a line to the bot: the labelled echo, or the
// PONG after it.
var acks = regexp.MustCompile(`^@\S*label=s\S* .*PRIVMSG | PONG .*said-`)

// lives are ten kills around a due step. Their order is that of what happens: due,
// decided, marked, sent, arrived, acknowledged, stored.
var lives = []life{
	{"well before", before(400 * time.Millisecond)},
	{"just before", before(2 * time.Millisecond)},
	{"at the instant", before(0)},
	{"1 ms later", before(-time.Millisecond)},
	{"4 ms later", before(-4 * time.Millisecond)},
	{"10 ms later", before(-10 * time.Millisecond)},
	{"as it is sent", func(r *round) { r.sent(answerWithin) }},
	{"sent, lost on the way", func(r *round) {
		// With what follows it: no connection loses a line from the middle.
		r.proxy.Drop(ircd.ToServer, regexp.MustCompile(`PRIVMSG #glance :`+r.text+`|^PING `))
		time.Sleep(time.Until(r.due))
		r.sent(answerWithin)
		time.Sleep(200 * time.Millisecond)
	}},
	{"arrived, acknowledgement lost", func(r *round) {
		r.proxy.Drop(ircd.ToClient, acks)
		r.zoe.Expect(`PRIVMSG #glance :`+r.text, time.Until(r.due)+answerWithin)
		time.Sleep(200 * time.Millisecond)
	}},
	{"stored", func(r *round) {
		r.zoe.Expect(`PRIVMSG #glance :`+r.text, time.Until(r.due)+answerWithin)
		time.Sleep(toDisk)
	}},
}

// before kills so long before the step is due.
func before(d time.Duration) func(*round) {
	return func(r *round) { time.Sleep(time.Until(r.due.Add(-d))) }
}

// sent waits until the bot hands the step's line to the network.
func (r *round) sent(within time.Duration) {
	r.t.Helper()
	deadline := time.Until(r.due) + within
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(500 * time.Microsecond) {
		if len(r.passed(ircd.ToServer, `PRIVMSG #glance :`+r.text)) > 0 {
			return
		}
	}
	r.t.Fatalf("%s is not sent", r.text)
}

// passed returns the lines that matched, in one direction.
func (r *round) passed(way ircd.Direction, expr string) []ircd.ProxiedLine {
	re := regexp.MustCompile(expr)
	var out []ircd.ProxiedLine
	for _, l := range r.proxy.Lines() {
		if l.Way == way && re.MatchString(l.Text) {
			out = append(out, l)
		}
	}
	return out
}

// allowed reports whether a kill between two instants may cost a double: the line
// had left before the bot was dead, and what acknowledges it was not long enough
// there to be stored.
func (r *round) allowed(killed, dead time.Time) bool {
	out := r.passed(ircd.ToServer, `PRIVMSG #glance :`+r.text)
	if len(out) == 0 || out[0].At.After(dead) {
		return false
	}
	for _, l := range r.proxy.Lines() {
		if l.Way == ircd.ToClient && !l.Dropped && acks.MatchString(l.Text) && l.At.After(out[0].At) && l.At.Add(toDisk).Before(killed) {
			return false
		}
	}
	return true
}

// Killed with -9 ten times around due steps: nothing is missing, nothing is
// decided twice, and a double is heard only when the kill fell between the line's
// way out and its acknowledgement.
func TestKilled(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		proxy := s.server.Proxy
		if proxy == nil {
			proxy = s.server.NewProxy(t)
		}
		s.address = proxy.Addr
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		first := soon(40 * time.Second)
		for i := range lives {
			s.events = append(s.events, event{
				kind: fmt.Sprintf("step-%d", i), name: fmt.Sprintf("Step %d", i),
				at: first.Add(time.Duration(i) * 12 * time.Second), remind: []string{"0s"},
			})
		}
		b := s.start(t)
		b.ready(readyWithin)
		inside, outside := 0, 0
		for i, life := range lives {
			r := &round{t, s.events[i].at, fmt.Sprintf(`Step %d is here`, i), proxy, zoe}
			notYet(t, r.due.Add(-time.Second))
			life.kill(r)
			killed := time.Now()
			b.kill()
			proxy.Drop(ircd.ToServer, nil)
			proxy.Drop(ircd.ToClient, nil)
			dead := time.Now()
			b = s.startAsIs(t)
			back := b.ready(60 * time.Second)
			b.until("nothing waits", 30*time.Second, func() bool {
				return !time.Now().Before(r.due.Add(time.Second)) && len(b.status().Outbox.Waiting) == 0
			})
			zoe.Sync()
			times := len(s.heard(zoe, r.text))
			allowed := r.allowed(killed, dead)
			switch {
			case times == 0:
				t.Errorf("%s: the step is missing", life.name)
			case times == 2 && allowed:
				inside++
			case times > 1:
				outside++
				t.Errorf("%s: said %d times, killed %v after it was due", life.name, times, killed.Sub(r.due))
			}
			t.Logf("%-30s killed %8v after it was due; back in %v; said %d times", life.name, killed.Sub(r.due).Round(100*time.Microsecond), back.Round(100*time.Millisecond), times)
		}
		t.Logf("%d kills: %d doubles inside the window of one round trip, %d outside", len(lives), inside, outside)
		if _, code := b.terminate(); code != 0 {
			t.Errorf("exit status %d", code)
		}
		decidedOnce(t, s)
	})
}

// decidedOnce reads from the store that every step has one decision and one
// message, made by it and done.
func decidedOnce(t *testing.T, s *setup) {
	t.Helper()
	store, err := bolt.Open(s.store(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	decided := map[string]time.Time{}
	done := map[string][]time.Time{}
	err = store.View(context.Background(), func(tx bot.ReadTx) error {
		for key, value := range tx.Scan("decided/") {
			var d struct{ At time.Time }
			if err := json.Unmarshal(value, &d); err != nil {
				return err
			}
			decided[strings.TrimPrefix(key, "decided/")] = d.At
		}
		for _, value := range tx.Scan("outbox/done/") {
			var r struct {
				Key, State string
				Created    time.Time
			}
			if err := json.Unmarshal(value, &r); err != nil {
				return err
			}
			if r.State != "sent" {
				t.Errorf("%s ended as %s", r.Key, r.State)
			}
			done[r.Key] = append(done[r.Key], r.Created)
		}
		for key := range tx.Scan("outbox/open/") {
			t.Errorf("%s is left", key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(decided) != len(s.events) || len(done) != len(s.events) {
		t.Errorf("%d steps: %d decisions, %d messages", len(s.events), len(decided), len(done))
	}
	for key, at := range decided {
		if made := done[key]; len(made) != 1 || !made[0].Equal(at) {
			t.Errorf("%s was decided at %v, its messages at %v", key, at, made)
		}
	}
}
