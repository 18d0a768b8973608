package irc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
)

// joinTimes returns when the bot tried to join, since the first time.
func (w *world) joinTimes() (got []time.Duration) {
	lines, times := w.srv.Received()
	first := -1
	for i, l := range lines {
		if strings.HasPrefix(l, "JOIN") {
			if first < 0 {
				first = i
			}
			got = append(got, times[i].Sub(times[first]).Round(time.Minute))
		}
	}
	return got
}

// A room that can't be joined is tried again, more and more slowly, and status
// says why.
func TestJoinRefused(t *testing.T) {
	for numeric, want := range map[string]string{
		"403": "no such channel (403)", "405": "in too many channels (405)", "471": "the channel is full (471)",
		"473": "the channel is invite-only (473)", "474": "banned from the channel (474)", "475": "the channel has a key (475)",
		"477": "only for registered nicks (477)", "437": "temporarily unavailable (437)", "480": "joins are throttled (480)",
		"599": "Cannot join channel (599)",
	} {
		inWorld(t, modern(), sasl, func(w *world) {
			w.stop()
			w.srv.Refuse("#glance", numeric)
			before := len(w.joinTimes())
			w.run()
			w.wantReady(false)
			if got := w.why(); got != want+", trying again in 1 min" {
				t.Errorf("%s: why %q", numeric, got)
			}
			w.sleep(2 * time.Hour)
			tries := w.joinTimes()[before:]
			if len(tries) < 7 || len(tries) > 9 {
				t.Errorf("%s: tried %d times in two hours: %v", numeric, len(tries), tries)
			}
			w.srv.Refuse("#glance", "")
			w.sleep(40 * time.Minute)
			w.wantReady(true)
			if got := w.why(); got != "" {
				t.Errorf("%s: why %q", numeric, got)
			}
		})
	}
}

// A JOIN that nobody answers is tried again too.
func TestJoinUnanswered(t *testing.T) {
	o := modern()
	deaf := true
	o.Hook = func(_ *bottest.IRCConn, command string, _ []string) bool { return deaf && command == "JOIN" }
	inWorld(t, o, sasl, func(w *world) {
		w.sleep(90 * time.Second)
		if got := w.why(); !strings.HasPrefix(got, "no answer to JOIN, trying again in") {
			t.Errorf("why %q", got)
		}
		w.srv.Do(func(*bottest.IRCConn) { deaf = false })
		w.sleep(2 * time.Minute)
		w.wantReady(true)
	})
}

// A kick is honoured: a minute away, and longer each time, a reconnect or not.
func TestKicked(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		for i, away := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			w.srv.Kick("#glance", "maria", "go \x02away\x02")
			w.wantReady(false)
			if got := w.why(); !strings.HasPrefix(got, "kicked by maria: go away, trying again in") {
				t.Errorf("why %q", got)
			}
			if i == 1 {
				w.srv.Drop()
			}
			w.sleep(away - time.Second)
			w.wantReady(false)
			w.sleep(away/10 + 2*time.Second)
			w.wantReady(true)
		}
		w.sleep(2 * time.Hour)
		w.srv.Kick("#glance", "maria", "")
		if got := w.why(); got != "kicked by maria, trying again in 1 min" {
			t.Errorf("why after two good hours: %q", got)
		}
		w.sleep(70 * time.Second)
		w.srv.Raw(":glancebot!~torchbearer@bot.example PART #GLANCE :removed by maria")
		if got := w.why(); got != "made to leave, trying again in 2 min" {
			t.Errorf("why after a forced part: %q", got)
		}
	})
}

// An invitation into a room of ours is taken, one into another is not; and a
// room that we are made to join is left (no self-joins).
func TestInvited(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.srv.Kick("#glance", "maria", "")
		w.sleep(20 * time.Second)
		w.srv.Event("maria", "INVITE somebody #glance")
		w.wantReady(false)
		w.srv.Event("maria", "INVITE glancebot #other")
		w.srv.Event("maria", "INVITE glancebot #elsewhere")
		w.srv.Event("maria", "INVITE glancebot #Glance")
		w.wantReady(true)
		w.srv.Raw(":glancebot!~torchbearer@bot.example JOIN #forwarded")
		w.sleep(time.Second)
		if got := fmt.Sprint(w.lines("JOIN"), w.lines("PART")); got != "[JOIN #glance JOIN #glance] [PART #forwarded]" {
			t.Error(got)
		}
	})
	inWorld(t, modern(), sasl, func(w *world) {
		w.srv.Refuse("#glance", "473")
		w.srv.Kick("#glance", "maria", "")
		before := len(w.lines("JOIN"))
		for range 60 {
			w.srv.Event("maria", "INVITE glancebot #glance")
			w.sleep(time.Second)
		}
		if got := len(w.lines("JOIN")) - before; got > 7 {
			t.Errorf("%d joins for invitations of one minute", got)
		}
	})
}

// Forty rooms are joined one by one, within the pace, and all of them (T14).
func TestFortyRooms(t *testing.T) {
	inWorld(t, modern(), func(c *irc.Config) {
		sasl(c)
		c.Rooms = nil
		for i := range 40 {
			c.Rooms = append(c.Rooms, bot.Room{Network: "net", Name: fmt.Sprintf("#room%d", i)})
		}
	}, func(w *world) {
		w.sleep(80 * time.Second)
		lines, times := w.srv.Received()
		var at []time.Time
		for i, l := range lines {
			if strings.HasPrefix(l, "JOIN") {
				at = append(at, times[i])
				if strings.Contains(l, ",") {
					t.Errorf("a list: %s", l)
				}
			}
		}
		if len(at) != 40 || !w.srv.In("#room39") {
			w.Fatalf("%d joins", len(at))
		}
		for i := 5; i < 40; i++ {
			if gap := at[i].Sub(at[i-5]); gap < 2*time.Second {
				t.Errorf("joins %d to %d within %s", i-5, i, gap)
			}
		}
		ready := slices.IndexFunc(w.irc.Status().Rooms, func(r bot.RoomStatus) bool { return !r.Ready })
		if ready >= 0 {
			t.Errorf("not ready: %+v", w.irc.Status().Rooms[ready])
		}
	})
}
