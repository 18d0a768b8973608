package matrix_test

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"torchbearer/e2e/nio"
	"torchbearer/e2e/synapsed"
)

// chatter is a person's client: the server's own interface where nothing is
// encrypted, another implementation where it is.
type chatter interface {
	Say(room, text string) string
	Send(room, kind string, content map[string]any) string
	React(room, event, sign string) string
	Redact(room, event string)
	Said(room, by string) []synapsed.Event // what of it can be read
}

// client logs a person in with a client that encrypts, and brings it into rooms.
func (w *world) client(name string, rooms ...string) *nio.Client {
	w.Helper()
	u := w.person(name)
	for _, r := range rooms {
		u.Join(r)
	}
	return nio.Login(w, w.srv.URL, u.ID, u.Password)
}

// expect waits for something that the bot says in a room, and returns the first
// that is as wanted.
func (w *world) expect(c chatter, room, what string, is func(synapsed.Event) bool) synapsed.Event {
	w.Helper()
	return w.expectWithin(within, c, room, what, is)
}

func (w *world) expectWithin(within time.Duration, c chatter, room, what string, is func(synapsed.Event) bool) synapsed.Event {
	w.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		said := c.Said(room, w.bot.ID)
		if i := slices.IndexFunc(said, is); i >= 0 {
			return said[i]
		}
		if time.Now().After(deadline) {
			var last strings.Builder
			for _, e := range said[max(0, len(said)-10):] {
				last.WriteString("\n" + e.Type + " " + e.Kind() + " " + e.Body())
			}
			w.Fatalf("not in %v: %s\nstatus: %s\nlast said:%s", within, what, w.status().text, &last)
		}
	}
}

// hears waits for a message of the bot's that is no edit.
func (w *world) hears(c chatter, room, want string) synapsed.Event {
	w.Helper()
	re := regexp.MustCompile(want)
	return w.expect(c, room, "the bot says "+want, func(e synapsed.Event) bool { return e.Edited() == "" && re.MatchString(e.Body()) })
}

// ask says something and returns the bot's answer to it.
func (w *world) ask(c chatter, room, text string) synapsed.Event {
	w.Helper()
	asked := c.Say(room, text)
	return w.expect(c, room, "an answer to "+text, func(e synapsed.Event) bool { return e.ReplyTo() == asked })
}

// becomes waits until what the bot has said is edited into something.
func (w *world) becomes(c chatter, room string, of synapsed.Event, want string) synapsed.Event {
	w.Helper()
	re := regexp.MustCompile(want)
	return w.expect(c, room, "an edit into "+want, func(e synapsed.Event) bool {
		return e.Edited() == of.ID && re.MatchString(e.Now()) && e.ID == last(c.Said(room, w.bot.ID), of.ID)
	})
}

// last is the newest edit of an event.
func last(said []synapsed.Event, of string) (id string) {
	for _, e := range said {
		if e.Edited() == of {
			id = e.ID
		}
	}
	return id
}

// times counts the messages of the bot's that are no edits and match.
func (w *world) times(c chatter, room, want string) (n int) {
	w.Helper()
	re := regexp.MustCompile(want)
	for _, e := range c.Said(room, w.bot.ID) {
		if e.Edited() == "" && re.MatchString(e.Body()) {
			n++
		}
	}
	return n
}

// sealed tells of everything that the bot has said in a room, in order, whether
// the server could not read it.
func (w *world) sealed(room string) (all []bool) {
	w.Helper()
	for _, e := range w.person("maria").Said(room, w.bot.ID) {
		all = append(all, e.Type == "m.room.encrypted")
	}
	return all
}
