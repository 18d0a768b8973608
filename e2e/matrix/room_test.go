package matrix_test

import (
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/synapsed"
)

// A command is answered by a notice that notifies nobody, as a reply, and in its
// thread where it stands in one; an edit runs no command, nor does a notice;
// several commands in one message all run.
func TestCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	room := w.room("glance", nil, "zoe")
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	w.start().ready()
	w.commands(w.person("zoe"), room)
}

// commands is the story of TestCommands, whoever's client it is.
func (w *world) commands(zoe chatter, room string) {
	w.Helper()
	answer := w.ask(zoe, room, "!freeze")
	if !strings.HasPrefix(answer.Body(), "Spec freeze: ") || answer.Kind() != "m.notice" || answer.Mentions() == nil || len(answer.Mentions()) > 0 {
		w.Errorf("answered %s %q, mentions %q; want a notice that mentions nobody", answer.Kind(), answer.Body(), answer.Mentions())
	}
	said := zoe.Say(room, "nothing to see here")
	zoe.Send(room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": "* !calendar", "m.new_content": map[string]any{"msgtype": "m.text", "body": "!calendar"},
		"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": said},
	})
	notice := zoe.Send(room, "m.room.message", map[string]any{"msgtype": "m.notice", "body": "!calendar"})
	both := zoe.Say(room, "!when spec-freeze\n!freeze")
	w.expect(zoe, room, "two answers", func(synapsed.Event) bool { return len(w.answers(zoe, room, both)) == 2 })
	for _, id := range []string{said, notice} {
		if got := w.answers(zoe, room, id); len(got) > 0 {
			w.Errorf("answered %q to what is no command", got)
		}
	}
	if answer.Thread() != "" {
		w.Error("began a thread")
	}
	inside := zoe.Send(room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": "!freeze", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": said},
	})
	answer = w.expect(zoe, room, "an answer", func(e synapsed.Event) bool { return e.ReplyTo() == inside })
	if answer.Thread() != said {
		w.Errorf("answered in thread %q, asked in %q", answer.Thread(), said)
	}
}

// answers are the bodies of what the bot has answered to something.
func (w *world) answers(c chatter, room, to string) (bodies []string) {
	w.Helper()
	for _, e := range c.Said(room, w.bot.ID) {
		if e.ReplyTo() == to {
			bodies = append(bodies, e.Body())
		}
	}
	return bodies
}

// An ask pings the core it is of, and them alone: by a text that mentions them,
// which the server counts as a highlight. It lives on: what becomes of it is put
// in its place. Reactions do what their commands do, and undo it.
func TestAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	room := w.room("glance", nil, "zoe", "bob", "nina")
	w.review()
	b := w.start().ready()
	b.until("the queue is read", within, func() bool { s := b.status(); return len(s.Reviews) == 1 && s.Reviews[0].Complete })
	w.asks(room, w.person("zoe"), w.person("nina"))
	w.signs(room, w.person("zoe"))
	for name, want := range map[string]int{"zoe": 1, "bob": 0, "maria": 0, "nina": 0} {
		if got := w.highlights(name, room); got != want {
			t.Errorf("%s was notified %d times, want %d", name, got, want)
		}
	}
}

// asks is the story of TestAsk.
func (w *world) asks(room string, zoe, nina chatter) {
	w.Helper()
	nina.Say(room, "!ask zoe 912345")
	ping := w.hears(nina, room, `asks for your review of 912345`)
	zoeID := w.person("zoe").ID
	if got := ping.Mentions(); ping.Kind() != "m.text" || len(got) != 1 || got[0] != zoeID {
		w.Errorf("asked by %s, mentions %q; want a text that mentions zoe", ping.Kind(), got)
	}
	if !strings.Contains(ping.HTML(), `<a href="https://matrix.to/#/`+zoeID) && !strings.Contains(ping.HTML(), "matrix.to/#/%40zoe") {
		w.Errorf("no pill for zoe in %q", ping.HTML())
	}
	// Somebody else's hand is nobody's.
	nina.React(room, ping.ID, "✋")
	sign := zoe.React(room, ping.ID, "✋")
	taken := w.becomes(zoe, room, ping, `(?i)zoe has it`)
	if got := taken.Mentions(); len(got) > 0 {
		w.Errorf("the edit mentions %q", got)
	}
	zoe.Redact(room, sign)
	w.becomes(zoe, room, ping, `asks for your review of 912345`)
	if n := w.times(zoe, room, "asks for your review"); n != 1 {
		w.Errorf("asked %d times", n)
	}
}

// signs goes on from asks: what a sign does is shown where it was put, and taking
// it back undoes it.
func (w *world) signs(room string, zoe chatter) {
	w.Helper()
	ping := w.hears(zoe, room, `asks for your review of 912345`)
	for _, sign := range []string{"💤", "❎"} {
		put := zoe.React(room, ping.ID, sign)
		w.becomes(zoe, room, ping, `^zoe.* was asked about 912345 `)
		zoe.Redact(room, put)
		w.becomes(zoe, room, ping, `asks for your review of 912345`)
	}
}

// The steps of a ladder are messages of their own, which notify; the one before is
// edited to what stays true, which notifies nobody.
func TestLadder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	room := w.room("glance", nil, "zoe")
	zoe := w.person("zoe")
	b := w.start().ready()
	at := soon(25 * time.Second)
	w.events = []event{{kind: "docs", name: "Docs day", at: at, remind: []string{"5s", "0s"}}}
	b.reload()
	b.planned("the ladder", at.Add(-5*time.Second))
	first := w.hears(zoe, room, `^Docs day in [1-5] s: `)
	second := w.hears(zoe, room, `^Docs day is here`)
	w.becomes(zoe, room, first, `^Docs day: [A-Z][a-z]{2} \d{4}-\d\d-\d\d`)
	b.until("nothing waits", within, b.idle)
	for _, e := range []synapsed.Event{first, second} {
		if e.Kind() != "m.text" || e.Mentions() == nil || len(e.Mentions()) > 0 {
			t.Errorf("%q is %s and mentions %q", e.Body(), e.Kind(), e.Mentions())
		}
	}
	if n := w.times(zoe, room, "Docs day"); n != 2 {
		t.Errorf("said %d times", n)
	}
	for _, e := range zoe.Said(room, w.bot.ID) {
		if e.Edited() != "" && (e.Kind() != "m.notice" || len(e.Mentions()) > 0) {
			t.Errorf("edited by %s, which mentions %q", e.Kind(), e.Mentions())
		}
	}
}

// highlights counts the notifications that a person got of a room because it
// mentioned them.
func (w *world) highlights(name, room string) (n int) {
	w.Helper()
	list, _ := w.person(name).Call("GET", "/_matrix/client/v3/notifications?only=highlight&limit=100", nil)["notifications"].([]any)
	for _, raw := range list {
		if one, _ := raw.(map[string]any); one["room_id"] == room {
			n++
		}
	}
	return n
}
