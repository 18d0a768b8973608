package bottest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sync answers a /sync, after a while where nothing is new.
func (s *MatrixServer) sync(r *http.Request, who matrixDevice) (any, *matrixError) {
	query := r.URL.Query()
	wait, _ := strconv.Atoi(query.Get("timeout"))
	since, err := strconv.Atoi(strings.TrimPrefix(query.Get("since"), "s"))
	initial := err != nil
	var filter struct {
		Room struct {
			Timeline struct {
				Limit int `json:"limit"`
			} `json:"timeline"`
			State struct {
				Lazy bool `json:"lazy_load_members"`
			} `json:"state"`
		} `json:"room"`
	}
	_ = json.Unmarshal([]byte(query.Get("filter")), &filter)
	limit, lazy := cmp.Or(filter.Room.Timeline.Limit, 10), filter.Room.State.Lazy
	timer := time.NewTimer(time.Duration(wait) * time.Millisecond)
	defer timer.Stop()
	for {
		s.mu.Lock()
		if s.stopped {
			s.mu.Unlock()
			return nil, &matrixError{502, "M_UNKNOWN", "stopping", nil}
		}
		if s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] != who {
			s.mu.Unlock()
			return nil, &matrixError{401, "M_UNKNOWN_TOKEN", "Invalid access token", map[string]any{"soft_logout": false}}
		}
		answer, news := s.since(who.user, since, initial, lazy, limit)
		changed := s.changed
		news = s.syncKeys(who, since, initial, answer) || news
		s.mu.Unlock()
		if news || initial || wait == 0 {
			return answer, nil
		}
		select {
		case <-changed:
		case <-timer.C:
			wait = 0
		case <-r.Context().Done():
			return nil, &matrixError{499, "M_UNKNOWN", "gone", nil}
		}
	}
}

// since is what is new to somebody after a position of the stream.
func (s *MatrixServer) since(user string, since int, initial, lazy bool, limit int) (answer map[string]any, news bool) {
	join, invite, leave := map[string]any{}, map[string]any{}, map[string]any{}
	for _, room := range s.sortedRooms() {
		me := room.now("m.room.member", user)
		switch membership(me) {
		case "join":
			if data := room.timeline(user, since, initial, lazy, limit, s.pos); data != nil {
				join[room.id] = data
			}
		case "invite":
			if initial || me.pos > since {
				events := []MatrixEvent{}
				for _, kind := range []string{"m.room.create", "m.room.join_rules", "m.room.name"} {
					if e := room.now(kind, ""); e.ID != "" {
						events = append(events, stripped(e))
					}
				}
				invite[room.id] = map[string]any{"invite_state": map[string]any{"events": append(events, stripped(me))}}
			}
		case "leave", "ban":
			if !initial && me.pos > since {
				leave[room.id] = map[string]any{"state": list(nil), "timeline": list([]MatrixEvent{me})}
			}
		}
	}
	data := []any{}
	if d, ok := s.account[user+" m.direct"]; ok && (initial || d.pos > since) {
		data = append(data, map[string]any{"type": "m.direct", "content": d.content})
	}
	answer = map[string]any{
		"next_batch":   "s" + strconv.Itoa(s.pos),
		"account_data": map[string]any{"events": data},
		"rooms":        map[string]any{"join": join, "invite": invite, "leave": leave},
	}
	return answer, len(join)+len(invite)+len(leave)+len(data) > 0
}

// timeline is what is new in a room, nil for nothing.
func (r *matrixRoom) timeline(user string, since int, initial, lazy bool, limit, pos int) map[string]any {
	before := r.stateAt(since)
	whole := initial || membership(before[[2]string{"m.room.member", user}]) != "join"
	from := since
	if whole {
		from = 0
	}
	var events []MatrixEvent
	for _, e := range r.events {
		if e.pos > from && e.pos <= pos {
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		return nil
	}
	limited := len(events) > limit
	if limited {
		events = events[len(events)-limit:]
	}
	start := events[0].pos - 1
	state := r.stateAt(start)
	if !whole {
		for key, e := range state {
			if before[key].ID == e.ID {
				delete(state, key)
			}
		}
	}
	if lazy { // of members only the sender of what is shown, and who asks
		maps.DeleteFunc(state, func(key [2]string, _ MatrixEvent) bool {
			return key[0] == "m.room.member" && key[1] != user &&
				!slices.ContainsFunc(events, func(e MatrixEvent) bool { return e.Sender == key[1] })
		})
	}
	timeline := list(events)
	timeline["limited"] = limited || whole && !initial
	timeline["prev_batch"] = "p" + strconv.Itoa(start)
	return map[string]any{"state": list(sortedState(state)), "timeline": timeline}
}

// messages is a page of history, newest first.
func (s *MatrixServer) messages(room *matrixRoom, query url.Values) any {
	from, err := strconv.Atoi(strings.TrimLeft(query.Get("from"), "ps"))
	if err != nil {
		from = s.pos
	}
	to, _ := strconv.Atoi(strings.TrimLeft(query.Get("to"), "ps"))
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		limit = 10
	}
	var filter struct {
		Senders []string `json:"senders"`
		Types   []string `json:"types"`
	}
	_ = json.Unmarshal([]byte(query.Get("filter")), &filter)
	chunk := []MatrixEvent{}
	answer := map[string]any{"start": query.Get("from")}
	for _, e := range slices.Backward(room.events) {
		if e.pos > from || e.pos <= to ||
			len(filter.Senders) > 0 && !slices.Contains(filter.Senders, e.Sender) ||
			len(filter.Types) > 0 && !slices.Contains(filter.Types, e.Type) {
			continue
		}
		if len(chunk) == limit {
			answer["end"] = "p" + strconv.Itoa(chunk[limit-1].pos-1)
			break
		}
		e.Room = room.id
		chunk = append(chunk, e)
	}
	answer["chunk"] = chunk
	return answer
}

func list(events []MatrixEvent) map[string]any {
	if events == nil {
		events = []MatrixEvent{}
	}
	return map[string]any{"events": events}
}

func stripped(e MatrixEvent) MatrixEvent {
	return MatrixEvent{Type: e.Type, Sender: e.Sender, StateKey: e.StateKey, Content: e.Content}
}

func sortedState(state map[[2]string]MatrixEvent) []MatrixEvent {
	events := []MatrixEvent{}
	for _, e := range state {
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b MatrixEvent) int { return a.pos - b.pos })
	return events
}
