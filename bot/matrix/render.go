package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// maxText is what body and formatted_body may take: an event has 65,536 bytes at
// most (spec: client-server API, size limits), and encryption adds a third.
const maxText = 20000

// content is what the bot says, as an m.room.message.
type content struct {
	Type     string    `json:"msgtype"`
	Body     string    `json:"body"`
	Format   string    `json:"format,omitempty"`
	HTML     string    `json:"formatted_body,omitempty"`
	Mentions mentions  `json:"m.mentions"`                    // always: without it the body is searched for names
	Key      string    `json:"org.torchbearer.key,omitempty"` // the id it has in the outbox
	Previews noPreview `json:"com.beeper.linkpreviews"`
	New      *content  `json:"m.new_content,omitempty"` // of an edit
	Relates  *relation `json:"m.relates_to,omitempty"`
}

// noPreview is an empty list of link previews: clients that know of it make none
// (MSC4095), where every other message has a link to a change.
type noPreview struct{}

func (noPreview) MarshalJSON() ([]byte, error) { return []byte("[]"), nil }

func (*noPreview) UnmarshalJSON([]byte) error { return nil }

type mentions struct {
	Users []string `json:"user_ids,omitempty"`
}

type relation struct {
	Type    string     `json:"rel_type,omitempty"`
	Event   id.EventID `json:"event_id,omitempty"`
	Falling bool       `json:"is_falling_back,omitempty"`
	ReplyTo *replyTo   `json:"m.in_reply_to,omitempty"`
}

type replyTo struct {
	Event id.EventID `json:"event_id"`
}

// say puts a message into an event's content. An answer is an m.notice, which
// notifies nobody whatever it mentions (spec: push rules,
// .m.rule.suppress_notices), so it mentions nobody; everything else is meant to
// be read.
func say(m msg.Message, at time.Time) (content, error) {
	c := content{Type: "m.text", Body: msg.Plain(m, at)}
	if c.Body == "" {
		return c, errors.New("render message: it says nothing")
	}
	if m.Kind == msg.Answer {
		c.Type = "m.notice"
	} else {
		c.Mentions.Users = msg.Mentions(m, at)
	}
	if html := msg.HTML(m, at); len(html)+len(c.Body) <= maxText {
		c.Format, c.HTML = "org.matrix.custom.html", html
	} else if len(c.Body) > maxText {
		c.Body = msg.Cut(c.Body, maxText)
	}
	return c, nil
}

// Render turns a message into the JSON of an event's content.
func (t *Transport) Render(_ bot.Room, m msg.Message, at time.Time) ([]byte, error) {
	c, err := say(m, at)
	if err != nil {
		return nil, err
	}
	me := t.user().String()
	c.Mentions.Users = slices.DeleteFunc(c.Mentions.Users, func(user string) bool { return user == me })
	return json.Marshal(c)
}

// rendered reads a rendered message and gives it the id it has in the outbox.
func rendered(payload []byte, key string) (content, error) {
	var c content
	if err := json.Unmarshal(payload, &c); err != nil || c.Body == "" {
		return c, fmt.Errorf("read rendered message: %w", errors.Join(err, errors.New("it says nothing")))
	}
	c.Key = key
	return c, nil
}

// edited is the content of an edit: the message anew, for clients that know edits,
// in the place of the event (spec: client-server API, event replacements). All
// that looks at the edit itself finds a notice that mentions nobody, so it notifies
// nobody, on servers whose push rules know no edits neither; the message itself
// keeps its mentions, and the id by which it is found.
func edited(c content, key string, of id.EventID) content {
	return content{
		Type: "m.notice", Body: "* " + c.Body, Key: key, New: &c,
		Relates: &relation{Type: "m.replace", Event: of},
	}
}

// answer is the content of an answer: in the thread of the question, if it
// stands in one, and otherwise as a reply, but for a talk of two.
func (q *question) answer(m msg.Message, at time.Time) (json.RawMessage, error) {
	c, err := say(m, at)
	if err != nil {
		return nil, err
	}
	switch {
	case q.thread != "":
		c.Relates = &relation{Type: "m.thread", Event: q.thread, Falling: true, ReplyTo: &replyTo{q.event}}
	case !q.direct && q.event != "":
		c.Relates = &relation{ReplyTo: &replyTo{q.event}}
	}
	return json.Marshal(c)
}
