package bottest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// React puts a reaction to an event and returns its event id.
func (s *MatrixServer) React(room, user, event, key string) string {
	return s.Send(room, user, "m.reaction", map[string]any{
		"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": event, "key": key},
	})
}

// Redact removes an event, and returns the id of the redaction, which names the
// event where the room's version has it (11 and later: in the content). Whether
// somebody has the right to do so is not asked.
func (s *MatrixServer) Redact(room, user, event string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[room]
	e := MatrixEvent{Type: "m.room.redaction", Sender: user, Content: json.RawMessage(`{}`)}
	if r.version == "11" || r.version == "12" {
		e.Content = encoded(map[string]any{"redacts": event})
	} else {
		e.Redacts = event
	}
	e.ID = s.add(r, e)
	if i := r.index(event); i >= 0 {
		r.events[i].Content = json.RawMessage(`{}`)
		r.events[i].Unsigned = map[string]any{"redacted_because": e}
	}
	return e.ID
}

// index is where an event is in a room; -1: nowhere.
func (r *matrixRoom) index(event string) int {
	return slices.IndexFunc(r.events, func(e MatrixEvent) bool { return e.ID == event })
}

// createRoom makes a room as a client asks for it: with who is invited, and for a
// trusted private chat with as many rights for them.
func (s *MatrixServer) createRoom(who matrixDevice, body []byte) (any, *matrixError) {
	var req struct {
		Invite  []string       `json:"invite"`
		Direct  bool           `json:"is_direct"`
		Preset  string         `json:"preset"`
		Name    string         `json:"name"`
		Create  map[string]any `json:"creation_content"`
		Initial []struct {
			Type    string         `json:"type"`
			Key     string         `json:"state_key"`
			Content map[string]any `json:"content"`
		} `json:"initial_state"`
	}
	if json.Unmarshal(body, &req) != nil {
		return nil, &matrixError{400, "M_BAD_JSON", "Not a room", nil}
	}
	for _, user := range req.Invite {
		if !strings.HasPrefix(user, "@") {
			return nil, &matrixError{400, "M_INVALID_PARAM", "Invalid user id " + user, nil}
		}
	}
	r := s.room("11", who.user, req.Create)
	if req.Preset == "trusted_private_chat" {
		users := map[string]any{who.user: 100}
		for _, user := range req.Invite {
			users[user] = 100
		}
		s.state(r, who.user, "m.room.power_levels", "", map[string]any{"users": users})
	}
	if req.Preset != "public_chat" {
		s.state(r, who.user, "m.room.join_rules", "", map[string]any{"join_rule": "invite"})
	}
	for _, e := range req.Initial {
		s.state(r, who.user, e.Type, e.Key, e.Content)
	}
	for _, user := range req.Invite {
		s.state(r, who.user, "m.room.member", user, map[string]any{"membership": "invite", "is_direct": req.Direct})
	}
	if s.opts.Created != nil && s.opts.Created(r.id) {
		return nil, &matrixError{502, "M_UNKNOWN", "Bad gateway", nil}
	}
	return map[string]any{"room_id": r.id}, nil
}

// accountData reads or sets data of an account.
func (s *MatrixServer) accountData(r *http.Request, user, kind string, body []byte) (any, *matrixError) {
	key := user + " " + kind
	if r.Method == http.MethodPut {
		s.setAccount(key, body)
		return map[string]any{}, nil
	}
	if data, ok := s.account[key]; ok {
		return data.content, nil
	}
	return nil, notFound("Account data not found")
}

func (s *MatrixServer) setAccount(key string, content json.RawMessage) {
	s.pos++
	s.account[key] = matrixData{content, s.pos}
	s.wake()
}

// Account returns data of an account; nil: there is none.
func (s *MatrixServer) Account(user, kind string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var content map[string]any
	_ = json.Unmarshal(s.account[user+" "+kind].content, &content)
	return content
}

// Rooms lists the rooms that somebody has made, oldest first.
func (s *MatrixServer) Rooms(creator string) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := slices.DeleteFunc(s.sortedRooms(), func(r *matrixRoom) bool { return r.creator != creator })
	slices.SortFunc(made, func(a, b *matrixRoom) int { return a.events[0].pos - b.events[0].pos })
	for _, r := range made {
		ids = append(ids, r.id)
	}
	return ids
}
