package matrix_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

var _ bot.Editor = (*world)(nil)

// ask renders what zoe is asked.
func (w *world) ask(s string) []byte {
	w.Helper()
	to := msg.Inline{Mention: &msg.Mention{Person: "zoe", Called: "zoe", User: zoe}}
	payload, err := w.Render(glance, msg.New(msg.Ask, msg.Para{to, msg.Text(": " + s)}), time.Now())
	if err != nil {
		w.Fatal(err)
	}
	return payload
}

// lastSaid is the newest event of the bot's in a room.
func (w *world) lastSaid(room string) (last bottest.MatrixEvent) {
	synctest.Wait()
	for _, e := range w.srv.Events(room, "m.room.message") {
		if e.Sender == me {
			last = e
		}
	}
	return last
}

// An edit, to the letter: the message anew for clients, and for push rules a
// notice that mentions nobody.
func TestEdit(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		if err := w.Deliver(w.Context(), "ask-1", glance, w.ask("look")); err != nil {
			t.Fatal(err)
		}
		said := w.lastSaid(w.room).ID
		if err := w.Edit(w.Context(), "edit-1", "ask-1", glance, w.ask("look (reviewed)")); err != nil {
			t.Fatal(err)
		}
		edit := w.lastSaid(w.room)
		want := object(t, `{"msgtype":"m.notice","body":"* zoe: look (reviewed)","m.mentions":{},"com.beeper.linkpreviews":[],"org.torchbearer.key":"edit-1",
			"m.relates_to":{"rel_type":"m.replace","event_id":"`+said+`"},
			"m.new_content":{"msgtype":"m.text","body":"zoe: look (reviewed)","format":"org.matrix.custom.html",
				"formatted_body":"<a href=\"https://matrix.to/#/@zoe:test.example\">zoe</a>: look (reviewed)",
				"m.mentions":{"user_ids":["@zoe:test.example"]},"com.beeper.linkpreviews":[],"org.torchbearer.key":"ask-1"}}`)
		if diff := cmp.Diff(want, edit.Map()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		w.want("transaction id", edit.Txn, "edit-1")
		if err := w.Edit(w.Context(), "edit-1", "ask-1", glance, w.ask("look (reviewed)")); err != nil {
			t.Error(err)
		}
		w.want("said", len(w.said(w.room)), 2)
	})
}

// Which event a message has become is known after a restart, for five weeks, and
// after a crash it is found in the room.
func TestEditLater(t *testing.T) {
	for _, tc := range []struct {
		name     string
		then     func(w *world)
		searches int
	}{
		{"at once", func(*world) {}, 0},
		{"after a restart", func(w *world) { w.end(); w.start() }, 0},
		{"after 34 days", func(w *world) { w.end(); time.Sleep(34 * 24 * time.Hour); w.start() }, 0},
		{"killed at once", func(w *world) { w.kill(); w.start() }, 1},
		{"killed, and a busy room", func(w *world) {
			w.kill()
			for i := range 300 {
				w.srv.Say(w.room, zoe, fmt.Sprint("chat ", i))
			}
			w.echo = false
			w.start()
		}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				w.start()
				w.ready()
				if err := w.deliver("1", "7 days"); err != nil {
					t.Fatal(err)
				}
				said := w.lastSaid(w.room).ID
				tc.then(w)
				w.ready()
				for i := range 2 {
					if err := w.Edit(w.Context(), fmt.Sprint("edit-", i), "1", glance, w.text(msg.Announce, "6 days")); err != nil {
						t.Fatal(err)
					}
				}
				edit := w.lastSaid(w.room).Map()
				w.want("replaces", edit["m.relates_to"].(map[string]any)["event_id"], said)
				w.want("searches", strings.Count(fmt.Sprint(w.srv.Requests()), `"senders"`), tc.searches)
			})
		})
	}
}

// What can't be edited says so for good: what was never said, what somebody has
// removed, what others have said in the bot's name, and what was said before the
// room moved.
func TestNothingToEdit(t *testing.T) {
	for _, tc := range []struct {
		name  string
		story func(w *world)
		why   string
	}{
		{"never said", func(*world) {}, "not in the room"},
		{"removed", func(w *world) {
			w.say("1")
			w.srv.Redact(w.room, zoe, w.lastSaid(w.room).ID)
		}, "removed"},
		{"removed, in an old room", func(w *world) {
			w.room = w.srv.RoomOf("10", zoe, "", nil)
			w.srv.Alias(name, w.room)
			w.end()
			w.start()
			time.Sleep(2 * time.Hour)
			w.say("1")
			w.srv.Redact(w.room, zoe, w.lastSaid(w.room).ID)
		}, "removed"},
		{"removed by a bridge", func(w *world) {
			w.say("1")
			w.srv.Join(w.room, "@oftc_zoe:test.example")
			w.srv.Redact(w.room, "@oftc_zoe:test.example", w.lastSaid(w.room).ID)
		}, "removed"},
		{"removed long ago", func(w *world) {
			w.say("1")
			w.end()
			w.srv.Redact(w.room, zoe, w.lastSaid(w.room).ID)
			time.Sleep(time.Hour)
			w.start()
		}, "removed"},
		{"removed, and the bot killed", func(w *world) {
			w.say("1")
			w.kill()
			w.srv.Redact(w.room, zoe, w.lastSaid(w.room).ID)
			w.start()
		}, "not in the room"},
		{"said by somebody else", func(w *world) {
			w.srv.Send(w.room, zoe, "m.room.message", map[string]any{"msgtype": "m.text", "body": "x", "org.torchbearer.key": "1"})
		}, "not in the room"},
		{"the room has moved", func(w *world) {
			w.say("1")
			w.srv.Upgrade(w.room, zoe, "12")
			time.Sleep(time.Hour)
		}, "not in the room"},
		{"forgotten", func(w *world) {
			w.say("1")
			w.end()
			time.Sleep(36 * 24 * time.Hour)
			w.start()
			w.ready()
			w.say("2")
			time.Sleep(time.Minute)
		}, "not in the room"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				w.echo = false
				w.start()
				w.ready()
				tc.story(w)
				w.ready()
				before := len(w.said(w.room))
				err := w.Edit(w.Context(), "edit", "1", glance, w.text(msg.Announce, "anew"))
				var refusal *bot.Refusal
				if !errors.As(err, &refusal) || !refusal.Final || !strings.Contains(refusal.Why, tc.why) {
					t.Errorf("edit: %v; want a final refusal with %q\n%s", err, tc.why, w.logged())
				}
				w.want("said", len(w.said(w.room)), before)
			})
		})
	}
}

func (w *world) say(id string) {
	w.Helper()
	if err := w.deliver(id, "said "+id); err != nil {
		w.Fatal(err)
	}
	synctest.Wait()
}

// Edits come last, and leave some of the server's patience to what is said.
func TestEditsComeLast(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{Burst: 10, Pace: 5 * time.Second}, func(w *world) {
		w.start()
		time.Sleep(time.Minute)
		w.say("1")
		time.Sleep(time.Minute)
		var all sync.WaitGroup
		var edited atomic.Int32
		for i := range 20 {
			all.Go(func() {
				err := w.Edit(w.Context(), fmt.Sprint("edit-", i), "1", glance, w.text(msg.Announce, "anew"))
				if err == nil {
					edited.Add(1)
				} else if !errors.Is(err, bot.ErrNotReady) {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second)
		began := time.Now()
		w.srv.Say(w.room, zoe, "!freeze")
		w.say("2")
		if took := time.Since(began); took > time.Second {
			t.Errorf("the announcement waited %s for edits", took)
		}
		all.Wait()
		said := strings.Join(w.said(w.room), "|")
		if !strings.Contains(said, "re: !freeze|said 2") || edited.Load() < 5 || edited.Load() > 12 {
			t.Errorf("%d edits, said %s", edited.Load(), said)
		}
		if strings.Contains(w.logged(), "asks to wait") {
			t.Errorf("limited all the same:\n%s", w.logged())
		}
	})
}

// What is known of messages has a bound in the store.
func TestSentStaysSmall(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.conf.Pace = -1
		for day := range 100 {
			w.start()
			w.ready()
			w.say(fmt.Sprint("day-", day))
			w.end()
			time.Sleep(24 * time.Hour)
		}
		records := map[string]int{}
		err := w.store.View(w.Context(), func(tx bot.ReadTx) error {
			for key := range tx.Scan("matrix/main/") {
				records[strings.Split(key, "/")[2]]++
			}
			return nil
		})
		if err != nil || records["said"] < 35 || records["said"] > 37 || records["own"] != records["said"] || records["try"] != 0 {
			t.Errorf("in the store: %v, %v", records, err)
		}
	})
}
