package matrix_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
	"torchbearer/bot/msg"
)

// signs returns the reactions that were heard since the last call: "zoe ✋ ask-1",
// with a minus where one was taken back.
func (w *world) signs() (list []string) {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, in := range w.heard {
		if in.React == nil {
			continue
		}
		minus := ""
		if in.React.Undone {
			minus = "-"
		}
		list = append(list, fmt.Sprintf("%s %s%s %s", in.From.Nick, minus, in.React.Sign, in.React.Of))
		if in.Text != "" || in.ID == "" || in.Once != matrix.RanKey("main", in.ID) || in.From.User != in.From.Account || in.At.IsZero() {
			w.Errorf("heard %+v", in)
		}
	}
	w.heard = nil
	return list
}

// asking runs a bot that has asked zoe, and returns the event.
func (w *world) asking() string {
	w.Helper()
	w.echo = false
	w.start()
	w.ready()
	if err := w.Deliver(w.Context(), "ask-1", glance, w.ask("look")); err != nil {
		w.Fatal(err)
	}
	return w.lastSaid(w.room).ID
}

// What is a sign, on which event, by whom.
func TestReactions(t *testing.T) {
	for _, tc := range []struct {
		name string
		key  string
		want string
	}{
		{"take", "✋", "zoe ✋ ask-1"},
		{"take, as keyboards send it", "✋\ufe0f", "zoe ✋ ask-1"},
		{"take, with a tone", "✋🏿", "zoe ✋ ask-1"},
		{"tomorrow", "💤", "zoe 💤 ask-1"},
		{"cancel", "❎", "zoe ❎ ask-1"},
		{"approval", "👍", ""},
		{"another hand", "🤚", ""},
		{"two signs", "✋✋", ""},
		{"a command", "!freeze", ""},
		{"a word and a sign", "x✋", ""},
		{"nothing", "", ""},
		{"a tone alone", "🏿", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				ask := w.asking()
				reaction := w.srv.React(w.room, zoe, ask, tc.key)
				w.want("heard", strings.Join(w.signs(), ", "), tc.want)
				w.srv.Redact(w.room, zoe, reaction)
				undone := strings.Replace(tc.want, "zoe ", "zoe -", 1)
				w.want("heard of its removal", strings.Join(w.signs(), ", "), undone)
				w.want("look-ups", w.asked("/event/"), 0)
			})
		})
	}
}

// Reactions that mean nothing to the bot, whatever they look like.
func TestOtherReactions(t *testing.T) {
	type content = map[string]any
	for _, tc := range []struct {
		name  string
		story func(w *world, ask string)
	}{
		{"to what somebody else said", func(w *world, _ string) {
			w.srv.React(w.room, zoe, w.srv.Say(w.room, zoe, "hello"), "✋")
		}},
		{"to what somebody said in the bot's name", func(w *world, _ string) {
			fake := w.srv.Send(w.room, eve, "m.room.message", content{"msgtype": "m.text", "body": "zoe: look", "org.torchbearer.key": "ask-1"})
			w.srv.React(w.room, zoe, fake, "✋")
		}},
		{"to an edit by somebody else", func(w *world, ask string) {
			fake := w.srv.Send(w.room, eve, "m.room.message", content{
				"msgtype": "m.text", "body": "* x", "m.relates_to": content{"rel_type": "m.replace", "event_id": ask},
				"m.new_content": content{"msgtype": "m.text", "body": "x", "org.torchbearer.key": "ask-1"},
			})
			w.srv.React(w.room, zoe, fake, "✋")
		}},
		{"to the bot's answer", func(w *world, _ string) {
			in := bot.Incoming{Room: glance, ID: w.srv.Say(w.room, zoe, "!freeze")}
			synctest.Wait()
			w.Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("Thursday.")}), time.Now())
			w.srv.React(w.room, zoe, w.lastSaid(w.room).ID, "✋")
		}},
		{"to nothing", func(w *world, _ string) { w.srv.React(w.room, zoe, "$nothing", "✋") }},
		{"to a message, in another room", func(w *world, ask string) {
			other := w.srv.Room(zoe, "")
			w.srv.Invite(other, zoe, me, false)
			synctest.Wait()
			w.srv.Join(other, eve)
			w.srv.React(other, zoe, ask, "✋")
		}},
		{"by the bot", func(w *world, ask string) { w.srv.React(w.room, me, ask, "✋") }},
		{"by a bridge", func(w *world, ask string) {
			w.srv.Join(w.room, "@oftc_zoe:test.example")
			w.srv.React(w.room, "@oftc_zoe:test.example", ask, "✋")
		}},
		{"of another relation", func(w *world, ask string) {
			w.srv.Send(w.room, zoe, "m.reaction", content{"m.relates_to": content{"rel_type": "m.thread", "event_id": ask, "key": "✋"}})
		}},
		{"of no relation", func(w *world, _ string) { w.srv.Send(w.room, zoe, "m.reaction", content{"m.relates_to": "✋"}) }},
		{"removed before it was seen", func(w *world, ask string) {
			w.end()
			w.srv.Redact(w.room, zoe, w.srv.React(w.room, zoe, ask, "✋"))
			w.start()
		}},
		{"old", func(w *world, ask string) {
			w.end()
			r := w.srv.React(w.room, zoe, ask, "✋")
			time.Sleep(11 * time.Minute)
			w.start()
			w.srv.Redact(w.room, zoe, r)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				ask := w.asking()
				w.srv.Join(w.room, eve)
				tc.story(w, ask)
				if got := w.signs(); len(got) > 0 {
					t.Errorf("heard %q", got)
				}
			})
		})
	}
}

// A reaction is taken back by who put it there, not by who tidies up; also after a
// restart.
func TestUndo(t *testing.T) {
	for _, tc := range []struct {
		name string
		by   string
		then func(w *world)
		want []string
	}{
		{"at once", zoe, func(*world) {}, []string{"zoe -✋ ask-1"}},
		{"in a long absence", zoe, func(w *world) { w.end(); w.away = time.Hour }, []string{"zoe -✋ ask-1"}},
		{"after a restart", zoe, func(w *world) { w.end(); w.start() }, []string{"zoe -✋ ask-1"}},
		{"after a crash", zoe, func(w *world) { time.Sleep(6 * time.Second); w.kill(); w.start() }, []string{"zoe -✋ ask-1"}},
		{"while the bot was away", zoe, func(w *world) { w.end() }, []string{"zoe -✋ ask-1"}},
		{"by a moderator", eve, func(*world) {}, nil},
		{"in another room", zoe, func(w *world) {
			w.room = w.srv.Room(zoe, "")
			w.srv.Invite(w.room, zoe, me, false)
			time.Sleep(time.Minute)
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				ask := w.asking()
				w.srv.Join(w.room, eve)
				reaction := w.srv.React(w.room, zoe, ask, "✋")
				w.want("heard", w.signs(), []string{"zoe ✋ ask-1"})
				tc.then(w)
				w.signs() // what a crash had the server tell again
				w.srv.Redact(w.room, tc.by, reaction)
				if w.stop == nil {
					time.Sleep(w.away)
					w.start()
				}
				w.want("heard of its removal", w.signs(), tc.want)
				w.end()
				w.start()
				w.want("heard again", len(w.signs()), 0)
			})
		})
	}
}

// A message is known by the event it has become, or any edit of it, over a
// restart, and over a crash right after it was said: then the server is asked.
func TestReactionsLater(t *testing.T) {
	for _, tc := range []struct {
		name  string
		then  func(w *world)
		looks int
	}{
		{"at once", func(*world) {}, 0},
		{"after a restart", func(w *world) { w.end(); w.start() }, 0},
		{"killed at once", func(w *world) { w.kill(); w.start() }, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				ask := w.asking()
				if err := w.Edit(w.Context(), "edit-1", "ask-1", glance, w.ask("look (asked)")); err != nil {
					t.Fatal(err)
				}
				edit := w.lastSaid(w.room).ID
				tc.then(w)
				w.srv.React(w.room, zoe, ask, "✋")
				w.srv.React(w.room, zoe, edit, "❎")
				w.srv.React(w.room, zoe, ask, "💤")
				w.want("heard", w.signs(), []string{"zoe ✋ ask-1", "zoe ❎ ask-1", "zoe 💤 ask-1"})
				w.want("look-ups", w.asked("/event/"), tc.looks)
			})
		})
	}
}

// Reactions that a gap hides are heard, and that they were taken back.
func TestReactionsBehindAGap(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		ask := w.asking()
		early := w.srv.React(w.room, zoe, ask, "✋")
		w.want("heard", w.signs(), []string{"zoe ✋ ask-1"})
		w.end()
		w.srv.Redact(w.room, zoe, early)
		w.srv.React(w.room, zoe, ask, "💤")
		for i := range 200 {
			w.srv.Say(w.room, zoe, fmt.Sprint("chat ", i))
		}
		w.start()
		w.want("heard", w.signs(), []string{"zoe -✋ ask-1", "zoe 💤 ask-1"})
	})
}

// A reaction whose effects were stored is not handed on again, one that had none
// is.
func TestReactionOnce(t *testing.T) {
	for _, ran := range []bool{false, true} {
		inWorld(t, bottest.MatrixOptions{}, func(w *world) {
			ask := w.asking()
			time.Sleep(time.Minute)
			w.srv.React(w.room, zoe, ask, "✋")
			synctest.Wait()
			once := w.heard[0].Once
			w.want("heard", w.signs(), []string{"zoe ✋ ask-1"})
			if ran {
				if err := w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Put(once, []byte("x")) }); err != nil {
					t.Fatal(err)
				}
			}
			w.kill()
			w.start()
			want := []string{"zoe ✋ ask-1"}
			if ran {
				want = nil
			}
			w.want(fmt.Sprint("heard again, stored ", ran), w.signs(), want)
		})
	}
}

// A reaction whose effects were stored right before a crash can still be taken
// back.
func TestUndoOfWhatRanBeforeACrash(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		ask := w.asking()
		time.Sleep(time.Minute)
		reaction := w.srv.React(w.room, zoe, ask, "✋")
		synctest.Wait()
		once := w.heard[0].Once
		w.want("heard", w.signs(), []string{"zoe ✋ ask-1"})
		if err := w.store.Update(w.Context(), func(tx bot.Tx) error { return tx.Put(once, []byte("x")) }); err != nil {
			t.Fatal(err)
		}
		w.kill()
		w.start()
		w.want("heard again", w.signs(), []string(nil))
		w.srv.Redact(w.room, zoe, reaction)
		w.want("heard of its removal", w.signs(), []string{"zoe -✋ ask-1"})
	})
}

// What a redaction removes is not what its sender writes beside that.
func TestRedactionOfSomethingElse(t *testing.T) {
	for _, version := range []string{"10", "11"} {
		inWorld(t, bottest.MatrixOptions{}, func(w *world) {
			w.echo = false
			w.room = w.srv.RoomOf(version, zoe, "", nil)
			at := bot.Room{Network: "main", Name: w.room}
			w.conf.Rooms = []bot.Room{at}
			w.srv.Invite(w.room, zoe, me, false)
			w.start()
			time.Sleep(time.Minute)
			if err := w.Deliver(w.Context(), "ask-1", at, w.ask("look")); err != nil {
				t.Fatal(err)
			}
			ask := w.lastSaid(w.room).ID
			w.srv.Join(w.room, eve)
			if version == "10" {
				w.srv.Send(w.room, eve, "m.room.redaction", map[string]any{"redacts": ask})
			}
			synctest.Wait()
			if err := w.Edit(w.Context(), "edit-1", "ask-1", at, w.ask("looked")); err != nil {
				t.Errorf("version %s: %v", version, err)
			}
			w.srv.Redact(w.room, zoe, ask)
			synctest.Wait()
			if err := w.Edit(w.Context(), "edit-2", "ask-1", at, w.ask("looked")); err == nil {
				t.Errorf("version %s: what was removed is edited", version)
			}
		})
	}
}

// Reactions to anything cost the server little.
func TestReactionFlood(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		ask := w.asking()
		for i := range 200 {
			w.srv.React(w.room, zoe, fmt.Sprint("$nothing", i%100), "✋")
		}
		w.srv.React(w.room, zoe, ask, "✋")
		w.want("heard", w.signs(), []string{"zoe ✋ ask-1"})
		if n := w.asked("/event/"); n == 0 || n > 12 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A server that tells of another event than was asked for is not believed.
func TestLookUpOfAnotherEvent(t *testing.T) {
	var answer shared[string]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if a := answer.get(); a != "" && strings.Contains(r.URL.Path, "/event/") {
			_, _ = rw.Write([]byte(a))
			return true
		}
		return false
	}}, func(w *world) {
		w.asking()
		content := `"sender":"` + me + `","type":"m.room.message","content":{"msgtype":"m.text","body":"x","org.torchbearer.key":"ask-1"}`
		for i, a := range []string{
			`{"event_id":"$other","room_id":"` + w.room + `",` + content + `}`,
			`{"event_id":"$asked","room_id":"!other:test.example",` + content + `}`,
			`{"event_id":"$asked","room_id":"` + w.room + `","state_key":"",` + content + `}`,
			`null`, `[]`,
		} {
			answer.set(a)
			w.srv.React(w.room, zoe, "$asked", "✋")
			if got := w.signs(); len(got) > 0 {
				t.Errorf("%d: heard %q", i, got)
			}
			w.end()
			w.start() // with nothing remembered
		}
		answer.set(`{"event_id":"$asked","room_id":"` + w.room + `",` + content + `}`)
		w.srv.React(w.room, zoe, "$asked", "✋")
		w.want("heard", w.signs(), []string{"zoe ✋ ask-1"})
	})
}

// The answer to a reaction goes to who reacted alone, where they talk to the bot,
// and otherwise into a thread at the message.
func TestAnswerToAReaction(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		ask := w.asking()
		react := func() {
			w.srv.React(w.room, zoe, ask, "✋")
			synctest.Wait()
			w.Reply(w.heard[len(w.heard)-1], msg.New(msg.Answer, msg.Para{msg.Text("That is for bob.")}), time.Now())
			synctest.Wait()
		}
		react()
		want := object(t, `{"msgtype":"m.notice","body":"That is for bob.","format":"org.matrix.custom.html","formatted_body":"That is for bob.",
			"m.mentions":{},"com.beeper.linkpreviews":[],"m.relates_to":{"rel_type":"m.thread","event_id":"`+ask+`","is_falling_back":true,"m.in_reply_to":{"event_id":"`+ask+`"}}}`)
		if diff := cmp.Diff(want, w.lastSaid(w.room).Map()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		talk := w.srv.Room(zoe, "")
		w.srv.Invite(talk, zoe, me, true)
		time.Sleep(time.Minute)
		before := len(w.said(w.room))
		react()
		w.want("said alone", w.said(talk), []string{"That is for bob."})
		w.want("said in the room", len(w.said(w.room)), before)
	})
}
