package matrix_test

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// A room that is upgraded goes on under its name, over restarts too, be that an
// alias or an id, and the new room's history is nobody's command.
func TestUpgradeIsFollowed(t *testing.T) {
	for _, byID := range []bool{false, true} {
		inWorld(t, bottest.MatrixOptions{}, func(w *world) {
			at := glance
			if byID {
				at = bot.Room{Network: "main", Name: w.room}
				w.conf.Rooms = []bot.Room{at}
			}
			w.start()
			first := w.room
			w.room = w.srv.Upgrade(first, zoe, "12")
			time.Sleep(time.Second)
			w.srv.Say(w.room, zoe, "!freeze")
			synctest.Wait()
			w.want("asked in", w.heard[0].Room, at)
			w.want("said", w.said(w.room), []string{"re: !freeze"})
			w.srv.Say(first, zoe, "!still here?")
			w.want("said in the old room", len(w.said(first)), 0)
			w.kill()
			w.start()
			if err := w.Deliver(w.Context(), "1", at, w.text(msg.Announce, "Spec freeze.")); err != nil {
				t.Fatal(err)
			}
			w.want("said", w.said(w.room), []string{"re: !freeze", "Spec freeze."})
			second := w.srv.Upgrade(w.room, zoe, "12")
			synctest.Wait()
			if err := w.Deliver(w.Context(), "2", at, w.text(msg.Announce, "Spec freeze.")); err != nil {
				t.Fatal(err)
			}
			w.want("said after two upgrades", w.said(second), []string{"Spec freeze."})
		})
	}
}

// What waits to be said when a room moves is said in the new one, and nothing into
// the old one after that.
func TestUpgradeTakesAlongWhatWaits(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.conf.Burst, w.conf.Pace = 1, 20*time.Second
		w.echo = false
		w.start()
		w.ready()
		time.Sleep(time.Minute)
		deliver := func(id string) error {
			err := w.deliver(id, id)
			for range 60 {
				if !errors.Is(err, bot.ErrNotReady) {
					break
				}
				time.Sleep(time.Second) // as the outbox does
				err = w.deliver(id, id)
			}
			return err
		}
		if err := deliver("before"); err != nil {
			t.Fatal(err)
		}
		waiting := make(chan error)
		go func() { waiting <- deliver("queued") }()
		synctest.Wait()
		first, next := w.room, w.srv.RoomOf("12", zoe, "", map[string]any{"room_id": w.room})
		w.srv.State(next, zoe, "m.room.join_rules", "", map[string]any{"join_rule": "invite"})
		w.srv.State(first, zoe, "m.room.tombstone", "", map[string]any{"replacement_room": next})
		time.Sleep(22 * time.Second)
		w.want("ready on the way", w.Ready(glance), false)
		if err := w.deliver("on the way", "on the way"); !errors.Is(err, bot.ErrNotReady) {
			t.Errorf("delivered on the way: %v", err)
		}
		w.srv.Invite(next, zoe, me, false)
		if err := <-waiting; err != nil {
			t.Error(err)
		}
		w.want("said in the old room", w.said(first), []string{"before"})
		w.want("said in the new room", w.said(next), []string{"queued"})
	})
}

// A tombstone that leads elsewhere is not followed: the other room has to know of
// this one, and who moved it has to have a say there.
func TestUpgradeIsChecked(t *testing.T) {
	for _, tc := range []struct {
		name, why string
		move      func(w *world) string
	}{
		{"a room that knows nothing of it", "the room has moved to one that does not know of it", func(w *world) string { return w.srv.Room(eve, "") }},
		{"one that was there before another", "the room has moved to one that does not know of it", func(w *world) string {
			return w.srv.RoomOf("12", eve, "", map[string]any{"room_id": "!other:test.example"})
		}},
		{"one where the mover has no say", "the room was moved by somebody without rights in the new one", func(w *world) string {
			room := w.srv.RoomOf("12", eve, "", map[string]any{"room_id": w.room})
			w.srv.State(room, eve, "m.room.power_levels", "", map[string]any{"users": map[string]any{}, "invite": 50})
			return room
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				w.start()
				w.ready()
				trap := tc.move(w)
				w.srv.State(w.room, zoe, "m.room.tombstone", "", map[string]any{"replacement_room": trap})
				time.Sleep(time.Second)
				w.want("membership", w.srv.Membership(trap, me), "leave")
				w.want("why", w.why(), tc.why)
				w.want("reason", w.srv.Reason(trap, me), tc.why)
				w.srv.Say(trap, eve, "!freeze")
				w.want("heard", len(w.take()), 0)
			})
		})
	}
}

// The creator of a version 12 room has the right to move into it, though no power
// level says so.
func TestCreatorsHaveEveryRight(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		next := w.srv.RoomOf("12", zoe, "", map[string]any{"room_id": w.room})
		w.srv.State(next, zoe, "m.room.power_levels", "", map[string]any{"users": map[string]any{}, "invite": 50})
		w.srv.State(w.room, zoe, "m.room.tombstone", "", map[string]any{"replacement_room": next})
		time.Sleep(time.Second)
		w.srv.Say(next, zoe, "!freeze")
		w.want("said", w.said(next), []string{"re: !freeze"})
	})
}

// An upgrade into a room where the bot is not let in is followed once it is.
func TestUpgradeByInvitation(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		next := w.srv.RoomOf("12", zoe, "", map[string]any{"room_id": w.room})
		w.srv.State(next, zoe, "m.room.join_rules", "", map[string]any{"join_rule": "invite"})
		w.srv.State(w.room, zoe, "m.room.tombstone", "", map[string]any{"replacement_room": next})
		time.Sleep(time.Second)
		if why := w.why(); !strings.HasPrefix(why, "not let in: ") {
			t.Errorf("why %q", why)
		}
		w.srv.Invite(next, eve, me, false) // by whomever: the room is known
		time.Sleep(time.Second)
		w.srv.Say(next, zoe, "!freeze")
		w.want("said", w.said(next), []string{"re: !freeze"})
		w.want("heard in", w.heard[0].Room, glance)
	})
}

// An alias that is moved is followed within the hour.
func TestAliasIsFollowed(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		next := w.srv.Room(zoe, "")
		w.srv.Alias(name, next)
		time.Sleep(61 * time.Minute)
		synctest.Wait()
		if err := w.deliver("1", "Spec freeze."); err != nil {
			t.Fatal(err)
		}
		w.want("said", w.said(next), []string{"Spec freeze."})
	})
}

// Invitations are accepted of people who are known, and refused with a reason
// otherwise, once.
func TestInvitations(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		trap, team := w.srv.Room(eve, ""), w.srv.Room(zoe, "")
		w.srv.Join(team, eve)
		w.srv.Invite(trap, eve, me, true)
		w.srv.Invite(team, zoe, me, false)
		time.Sleep(time.Minute)
		w.want("the stranger's room", w.srv.Membership(trap, me), "leave")
		w.want("reason", w.srv.Reason(trap, me), "I come by invitation of people I know only; ask my operators")
		w.want("the other", w.srv.Membership(team, me), "join")
		w.want("requests to leave", w.asked("/leave"), 1)
		w.srv.Say(team, eve, "!freeze")
		w.want("said", w.said(team), []string{"re: !freeze"})
		w.want("heard in", w.heard[0].Room, bot.Room{Network: "main", Name: team})
		w.srv.Say(team, zoe, "hello")
		w.srv.Leave(team, eve)
		w.srv.Leave(team, zoe)
		time.Sleep(2 * time.Minute)
		w.want("a deserted room", w.srv.Membership(team, me), "leave")
		w.want("glance's", w.srv.Membership(w.room, me), "join")
		w.srv.Leave(w.room, zoe)
		time.Sleep(2 * time.Minute)
		w.want("glance's, deserted", w.srv.Membership(w.room, me), "join")
	})
}

// In a talk of two no prefix is needed, and messages to the person go there.
func TestDirect(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		talk := w.srv.Room(zoe, "")
		at := bot.Room{Network: "main", Name: zoe}
		w.srv.Invite(talk, zoe, me, true)
		time.Sleep(time.Second)
		w.srv.Say(talk, zoe, "freeze")
		synctest.Wait()
		if in := w.heard[0]; in.Room != at || !in.Direct || in.Text != "freeze" {
			t.Errorf("heard %+v", in)
		}
		if err := w.Deliver(w.Context(), "1", at, w.text(msg.Announce, "Spec freeze.")); err != nil {
			t.Fatal(err)
		}
		w.want("said", w.said(talk), []string{"re: freeze", "Spec freeze."})
		if relates := w.contents(talk)[0]["m.relates_to"]; relates != nil {
			t.Errorf("relates to %v", relates)
		}
		w.want("seen", len(w.seen), 0)
		w.end()
		w.start()
		w.want("ready after a restart", w.Ready(at), true)
		// A third makes it a room like others, unless it was made for the two.
		w.srv.Join(talk, eve)
		w.srv.Say(talk, eve, "freeze")
		synctest.Wait()
		if in := w.heard[len(w.heard)-1]; in.Direct {
			t.Errorf("heard %+v as if eve were alone with the bot", in)
		}
	})
}

// What the account knows as a talk of two is one, whoever else is there.
func TestDirectByAccountData(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		talk := w.srv.Room(zoe, "")
		w.srv.Join(talk, eve, me)
		w.srv.AccountData(me, "m.direct", map[string]any{zoe: []string{talk}, "@odd": []string{}})
		w.start()
		w.ready()
		w.srv.Say(talk, zoe, "freeze")
		w.srv.Say(talk, eve, "freeze")
		synctest.Wait()
		if len(w.heard) != 2 || !w.heard[0].Direct || w.heard[1].Direct {
			t.Errorf("heard %+v", w.heard)
		}
	})
}

// Status says what power levels keep the bot from.
func TestStatusOfAMutedRoom(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		w.want("why", w.why(), "")
		w.srv.State(w.room, zoe, "m.room.power_levels", "", map[string]any{"users": map[string]any{zoe: 100}, "events": map[string]any{"m.room.message": 10}})
		synctest.Wait()
		w.want("why", w.why(), "not allowed to speak in the room: that needs power level 10, the bot has 0")
	})
}

// Who is removed comes back after a while; who is banned says so, and tries again
// seldom.
func TestRemoved(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		w.srv.State(w.room, zoe, "m.room.member", me, map[string]any{"membership": "leave", "reason": "too\u202e loud"})
		synctest.Wait()
		w.want("ready", w.Ready(glance), false)
		w.want("why", w.why(), "removed from the room by @zoe:test.example: too loud")
		w.want("in the log", strings.Contains(w.logged(), w.why()), true)
		time.Sleep(11 * time.Minute)
		w.ready()
		w.srv.State(w.room, zoe, "m.room.member", me, map[string]any{"membership": "ban"})
		synctest.Wait()
		w.want("why", w.why(), "banned from the room by @zoe:test.example")
		joins := w.asked("join/")
		time.Sleep(time.Hour)
		w.want("why", w.why(), "not let in: You are banned from this room (M_FORBIDDEN)")
		if n := w.asked("join/") - joins; n < 3 || n > 7 {
			t.Errorf("%d attempts in an hour", n)
		}
		w.srv.State(w.room, zoe, "m.room.member", me, map[string]any{"membership": "leave"})
		time.Sleep(11 * time.Minute)
		w.ready()
	})
}

// What is missing is said, and found when it is there.
func TestNoSuchRoom(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.srv.Alias(name, "!gone:test.example")
		w.start()
		w.want("why", w.why(), "no such room: "+name)
		w.srv.Alias(name, w.room)
		time.Sleep(11 * time.Minute)
		w.ready()
	})
}

// Hostile state costs nobody but its room.
func TestHostileState(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.echo = false
		w.start()
		w.ready()
		other := w.srv.Room(zoe, "")
		w.srv.Invite(other, zoe, me, false)
		time.Sleep(time.Second)
		for kind, content := range map[string]map[string]any{
			"m.room.power_levels": {"users": []string{"x"}, "events": 7, "users_default": "high"},
			"m.room.create":       {"room_version": 12, "predecessor": "x"},
			"m.room.tombstone":    {"replacement_room": []int{1}},
			"m.room.name":         {"name": map[string]any{}},
			"m.room.join_rules":   {"join_rule": nil},
		} {
			w.srv.State(other, zoe, kind, "", content)
		}
		w.srv.State(other, zoe, "m.room.member", strings.Repeat("x", 3000), map[string]any{"membership": "join"})
		w.srv.State(other, zoe, "m.room.member", zoe, map[string]any{"membership": "join", "displayname": 7})
		w.srv.Say(w.room, zoe, "!freeze")
		w.want("heard", w.take(), []string{"!freeze"})
		time.Sleep(time.Minute)
		if err := w.deliver("1", "Spec freeze."); err != nil {
			t.Error(err)
		}
		w.end()
		w.start()
		w.ready()
	})
}

// Joins that the server limits wait for it, together.
func TestJoinsAreLimited(t *testing.T) {
	var limited atomic.Int32
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/join/") && limited.Add(1) <= 3 {
			rw.Header().Set("Retry-After", "7")
			http.Error(rw, `{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests"}`, http.StatusTooManyRequests)
			return true
		}
		return false
	}}, func(w *world) {
		for range 5 {
			w.conf.Rooms = append(w.conf.Rooms, bot.Room{Network: "main", Name: w.srv.Room(zoe, "")})
		}
		w.start()
		w.want("attempts at first", w.asked("join/"), 1)
		time.Sleep(22 * time.Second)
		w.want("attempts", w.asked("join/"), 9)
		w.ready()
	})
}

// To Synapse a join is a message like any other: what the bot says after many of
// them keeps to the same pace.
func TestJoinsCount(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		for range 9 {
			w.conf.Rooms = append(w.conf.Rooms, bot.Room{Network: "main", Name: w.srv.Room(zoe, "")})
		}
		w.start()
		w.ready()
		began := time.Now()
		if err := w.deliver("1", "Spec freeze."); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 4*time.Second {
			t.Errorf("said after %s, want a message's pace", took)
		}
	})
}
