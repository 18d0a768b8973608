package synapsed

import "time"

// Event is one event of a room, as a client shows it.
type Event struct {
	ID, Type, Sender string
	Content          map[string]any
	At               time.Time // by the server's clock
}

// Annotation is the content of a reaction to an event.
func Annotation(event, sign string) map[string]any {
	return map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": event, "key": sign}}
}

// Body is what the event says, where it says something.
func (e Event) Body() string { return text(e.Content, "body") }

// HTML is the same for those who show it so; empty: the body alone.
func (e Event) HTML() string { return text(e.Content, "formatted_body") }

// Kind is the msgtype of a message: "m.text", "m.notice".
func (e Event) Kind() string { return text(e.Content, "msgtype") }

// Edited is the event that this one edits; empty: none.
func (e Event) Edited() string { return e.relates("m.replace") }

// Now is what an edit says instead.
func (e Event) Now() string {
	anew, _ := e.Content["m.new_content"].(map[string]any)
	return text(anew, "body")
}

// Thread is the root of the thread that the event is in; empty: none.
func (e Event) Thread() string { return e.relates("m.thread") }

// ReplyTo is the event that this one answers; empty: none.
func (e Event) ReplyTo() string {
	to, _ := e.Content["m.relates_to"].(map[string]any)
	reply, _ := to["m.in_reply_to"].(map[string]any)
	return text(reply, "event_id")
}

// Mentions lists whom the event means to notify; nil where it does not say, so
// that clients search its words for names.
func (e Event) Mentions() []string {
	m, ok := e.Content["m.mentions"].(map[string]any)
	if !ok {
		return nil
	}
	ids := []string{}
	list, _ := m["user_ids"].([]any)
	for _, id := range list {
		s, _ := id.(string)
		ids = append(ids, s)
	}
	if room, _ := m["room"].(bool); room {
		ids = append(ids, "@room")
	}
	return ids
}

func (e Event) relates(how string) string {
	to, _ := e.Content["m.relates_to"].(map[string]any)
	if text(to, "rel_type") != how {
		return ""
	}
	return text(to, "event_id")
}

func text(m map[string]any, key string) string { s, _ := m[key].(string); return s }
