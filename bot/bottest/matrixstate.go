package bottest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// state adds a state event; the lock is held, as in all below.
func (s *MatrixServer) state(r *matrixRoom, sender, kind, key string, content map[string]any) string {
	return s.add(r, MatrixEvent{Type: kind, Sender: sender, StateKey: &key, Content: encoded(content)})
}

func (s *MatrixServer) add(r *matrixRoom, e MatrixEvent) string {
	s.pos++
	s.serial++
	e.ID = fmt.Sprintf("$event%d", s.serial)
	e.pos = s.pos
	if e.At == 0 {
		e.At = time.Now().UnixMilli()
	}
	r.events = append(r.events, e)
	s.wake()
	return e.ID
}

func (s *MatrixServer) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// stateAt is the state after the event at a position of the stream, by type and
// key.
func (r *matrixRoom) stateAt(pos int) map[[2]string]MatrixEvent {
	state := map[[2]string]MatrixEvent{}
	for _, e := range r.events {
		if e.pos <= pos && e.StateKey != nil {
			state[[2]string{e.Type, *e.StateKey}] = e
		}
	}
	return state
}

func (r *matrixRoom) now(kind, key string) MatrixEvent {
	for _, e := range slices.Backward(r.events) {
		if e.Type == kind && e.StateKey != nil && *e.StateKey == key {
			return e
		}
	}
	return MatrixEvent{}
}

func (r *matrixRoom) membership(user string) string { return membership(r.now("m.room.member", user)) }

func membership(e MatrixEvent) string { s, _ := e.Map()["membership"].(string); return s }

// level is somebody's power level, and need what an event of a type needs.
func (r *matrixRoom) level(user, kind string) (level, need float64) {
	levels := r.now("m.room.power_levels", "").Map()
	users, _ := levels["users"].(map[string]any)
	events, _ := levels["events"].(map[string]any)
	number := func(m map[string]any, key string, or any) float64 {
		n, ok := m[key].(float64)
		if !ok {
			n, _ = or.(float64)
		}
		return n
	}
	level = number(users, user, levels["users_default"])
	if r.version == "12" && user == r.creator {
		level = 1 << 53
	}
	return level, number(events, kind, levels["events_default"])
}

func encoded(content map[string]any) json.RawMessage {
	raw, err := json.Marshal(content)
	if err != nil {
		panic(err) // a mistake of the test's
	}
	return raw
}

func localpart(user string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(user, "@"), ":")
	return name
}

// sortedRooms are all rooms by id.
func (s *MatrixServer) sortedRooms() []*matrixRoom {
	var rooms []*matrixRoom
	for _, id := range slices.Sorted(maps.Keys(s.rooms)) {
		rooms = append(rooms, s.rooms[id])
	}
	return rooms
}
