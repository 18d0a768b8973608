package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

const (
	maxCommands = 5     // of one message
	maxBody     = 16000 // bytes of a message that are read
)

// question is where an answer goes.
type question struct {
	room    id.RoomID
	event   id.EventID
	thread  id.EventID // its root, if the question stands in one
	direct  bool
	answers int // given so far
}

// questions remembers the last lines that were handed on.
type questions struct {
	byID  map[string]*question
	order []string
}

func newQuestions() questions { return questions{byID: map[string]*question{}} }

func (q *questions) add(id string, asked *question) {
	if len(q.order) >= keepSeen {
		delete(q.byID, q.order[0])
		q.order = slices.Delete(q.order, 0, 1)
	}
	q.byID[id] = asked
	q.order = append(q.order, id)
}

// text is what is read of an m.room.message.
type text struct {
	Type    string  `json:"msgtype"`
	Body    string  `json:"body"`
	Relates relates `json:"m.relates_to"`
}

// relates is what an event says of others.
type relates struct {
	Type    string     `json:"rel_type"`
	Event   id.EventID `json:"event_id"`
	ReplyTo struct {
		Event id.EventID `json:"event_id"`
	} `json:"m.in_reply_to"`
}

// hear hands on who came and what was said in a room.
func (t *Transport) hear(ctx context.Context, room id.RoomID, said talk) {
	live := t.isLive()
	where, direct := t.place(room)
	if where == (bot.Room{}) {
		return
	}
	now := t.now().UTC()
	for _, user := range said.joins {
		if live && !direct && !t.ignored(user) {
			t.in.Seen(where, t.principal(room, user), now)
		}
	}
	for _, e := range said.events {
		if e.Type.Type == event.EventRedaction.Type {
			if err := t.sent.gone(ctx, room, t.redacted(room, e)); err != nil {
				t.log.Error("removal of a message is not noted", "room", room, "event", e.ID, "err", err)
			}
		}
		if t.heeds(e, live, now) {
			t.guarded(room, func() { t.hearOne(ctx, room, e, where, now) })
		}
	}
}

// heeds reports whether an event is something that somebody says to the bot now.
// What was taken back stays so, however long ago that was.
func (t *Transport) heeds(e *event.Event, live bool, now time.Time) bool {
	_, _, err := e.Sender.Parse()
	if err != nil || e.ID == "" || e.Sender == t.user() || t.ignored(e.Sender) || e.Unsigned.RedactedBecause != nil {
		return false
	}
	return live || now.Sub(time.UnixMilli(e.Timestamp)) <= staleText || e.Type.Type == event.EventRedaction.Type
}

// hearOne hands on what somebody said, where it is said to anybody (edits, notices
// and what is no text is not), and signs put to what the bot has said.
func (t *Transport) hearOne(ctx context.Context, room id.RoomID, e *event.Event, where bot.Room, now time.Time) {
	var sealed text
	who := t.principal(room, e.Sender)
	if e.Type.Type == event.EventEncrypted.Type && t.crypt != nil {
		_ = json.Unmarshal(e.Content.VeryRaw, &sealed)
		clear, err := t.crypt.Decrypt(ctx, e)
		if errors.Is(err, errLater) && t.later(room, e) {
			return
		}
		if err != nil {
			t.log.Warn("message can't be decrypted", "room", room, "event", e.ID, "err", err)
			return
		}
		e = clear
	} else if encrypted, _ := t.states.encryption(room); encrypted {
		// In clear the server can have anybody say anything.
		who.Account, who.Strength = "", bot.Unproven
	}
	switch e.Type.Type {
	case event.EventMessage.Type:
		// An edit is one to servers and clients that see either relation.
		if sealed.Relates.Type != "m.replace" {
			t.hearText(room, e, who, sealed.Relates, where, now)
		}
	case event.EventReaction.Type:
		t.hearReaction(ctx, room, e, where, now)
	case event.EventRedaction.Type:
		t.hearRedaction(ctx, room, e, where, now)
	}
}

// hearText hands on the lines of a text. What an encrypted one is to others stands
// in clear, and need not stand inside too (spec: client-server API, relationships
// and encryption).
func (t *Transport) hearText(room id.RoomID, e *event.Event, who bot.Principal, outside relates, where bot.Room, now time.Time) {
	var m text
	if json.Unmarshal(e.Content.VeryRaw, &m) != nil || m.Type != "m.text" || m.Relates.Type == "m.replace" {
		return
	}
	if outside != (relates{}) {
		m.Relates = outside
	}
	_, direct := t.place(room)
	direct = direct && where.Name == e.Sender.String()
	if !direct {
		t.in.Seen(where, who, now)
	}
	body := m.Body[:min(len(m.Body), maxBody)]
	if m.Relates.ReplyTo.Event != "" {
		body = withoutQuote(body)
	}
	thread := id.EventID("")
	if m.Relates.Type == "m.thread" {
		thread = m.Relates.Event
	}
	for i, line := range lines(body) {
		eventID := e.ID.String()
		if i > 0 {
			eventID += "/" + string(rune('0'+i))
		}
		in := bot.Incoming{Room: where, Direct: direct, From: who, ID: eventID, At: now, Once: t.once(eventID)}
		if in.Text, in.Addressed = t.addressed(line); in.Text == "" {
			continue
		}
		t.mu.Lock()
		fresh := t.seen.add(eventID)
		if fresh {
			t.asked.add(eventID, &question{room: room, event: e.ID, thread: thread, direct: direct})
		}
		t.mu.Unlock()
		if fresh {
			t.in.Incoming(in)
		}
	}
}

// lines are what a message says as IRC would: every command in it is a line, with
// what follows up to the next, and so is what stands before the first. A message
// without commands is one line.
func lines(body string) []string {
	var list []string
	add := func(part string) {
		if part = msg.Clean(part); part != "" {
			list = append(list, part)
		}
	}
	part, commands := "", 0
	for line := range strings.Lines(body) {
		if strings.HasPrefix(msg.Clean(line), "!") {
			add(part)
			if commands++; commands > maxCommands {
				return list
			}
			part = ""
		}
		part += line
	}
	add(part)
	return list
}

// withoutQuote takes off what older clients quote before a reply (spec 1.12:
// client-server API, fallbacks for rich replies).
func withoutQuote(body string) string {
	rest := body
	for strings.HasPrefix(rest, ">") {
		_, after, _ := strings.Cut(rest, "\n")
		rest = after
	}
	if rest == body {
		return body
	}
	return strings.TrimPrefix(rest, "\n")
}

// addressed takes the bot's name off a line: "glancebot: freeze".
func (t *Transport) addressed(line string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, name := range t.names {
		if n := len(name); len(line) > n && strings.EqualFold(line[:n], name) && (line[n] == ':' || line[n] == ',') {
			return strings.TrimLeft(line[n+1:], " "), true
		}
	}
	return line, false
}

// ignored reports whether a user's words are nobody's.
func (t *Transport) ignored(user id.UserID) bool {
	return slices.ContainsFunc(t.cfg.Ignore, func(pattern string) bool {
		// A user id may hold a slash, which is not for a star otherwise.
		ok, err := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(user.String(), "/", "\x00"))
		return ok && err == nil
	})
}

// principal is somebody in a room. The server vouches for the user id.
func (t *Transport) principal(room id.RoomID, user id.UserID) bot.Principal {
	name := ""
	t.states.look(room, func(r *roomMemory) { name = r.members[user].Name })
	return t.named(user, name)
}

func (t *Transport) named(user id.UserID, name string) bot.Principal {
	name = msg.CleanOr(name, msg.CleanOr(user.Localpart(), msg.Clean(user.String())))
	return bot.Principal{Network: t.cfg.Network, Nick: name, Origin: user.String(), Account: user.String(), Strength: bot.Account, User: user.String()}
}
