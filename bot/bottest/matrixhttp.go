package bottest

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const matrixPrefix = "/_matrix/client/v3/"

// matrixError is an answer that is none.
type matrixError struct {
	status int
	code   string
	text   string
	extra  map[string]any
}

func forbidden(text string) *matrixError { return &matrixError{403, "M_FORBIDDEN", text, nil} }
func notFound(text string) *matrixError  { return &matrixError{404, "M_NOT_FOUND", text, nil} }

// serve answers one request.
func (s *MatrixServer) serve(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/sync") {
		path, _ := url.PathUnescape(r.URL.RequestURI())
		s.mu.Lock()
		s.requests = append(s.requests, MatrixRequest{At: time.Now(), Method: r.Method, Path: strings.TrimPrefix(path, matrixPrefix)})
		s.mu.Unlock()
	}
	body, _ := io.ReadAll(r.Body)
	if s.opts.Hook != nil && s.opts.Hook(w, r) {
		return
	}
	answer, fault := s.answer(r, body)
	w.Header().Set("Content-Type", "application/json")
	if fault == nil {
		_ = json.NewEncoder(w).Encode(answer)
		return
	}
	if after, ok := fault.extra["retry_after_ms"].(int64); ok {
		if !s.opts.NoRetryHeader {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(float64(after)/1000))))
		}
		if s.opts.NoRetryBody {
			fault.extra = nil
		}
	}
	data := map[string]any{"errcode": fault.code, "error": fault.text}
	for k, v := range fault.extra {
		data[k] = v
	}
	w.WriteHeader(fault.status)
	_ = json.NewEncoder(w).Encode(data)
}

func (s *MatrixServer) answer(r *http.Request, body []byte) (any, *matrixError) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), matrixPrefix)
	if !ok {
		return nil, &matrixError{404, "M_UNRECOGNIZED", "Unrecognized request", nil}
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i], _ = url.PathUnescape(p)
	}
	if parts[0] == "login" {
		return s.login(body)
	}
	s.mu.Lock()
	who, known := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	s.mu.Unlock()
	if !known {
		return nil, &matrixError{401, "M_UNKNOWN_TOKEN", "Invalid access token", map[string]any{"soft_logout": false}}
	}
	if parts[0] == "sync" {
		return s.sync(r, who)
	}
	var content map[string]any
	_ = json.Unmarshal(body, &content)
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer, fault, ok := s.forKeys(who, parts, body); ok {
		return answer, fault
	}
	switch {
	case path == "account/whoami":
		return map[string]any{"user_id": who.user, "device_id": who.device}, nil
	case parts[0] == "profile":
		return map[string]any{"displayname": localpart(parts[1])}, nil
	case parts[0] == "directory" && parts[1] == "room":
		id, ok := s.aliases[parts[2]]
		if !ok {
			return nil, notFound("Room alias " + parts[2] + " not found")
		}
		return map[string]any{"room_id": id, "servers": []string{"test.example"}}, nil
	case parts[0] == "join":
		return s.join(who.user, parts[1])
	case parts[0] == "user" && len(parts) == 4 && parts[2] == "account_data":
		return s.accountData(r, who.user, parts[3], body)
	case path == "createRoom":
		return s.createRoom(who, body)
	case parts[0] == "rooms" && len(parts) > 2 && s.rooms[parts[1]] != nil:
		return s.inRoom(r, who, s.rooms[parts[1]], parts[2:], content, body)
	}
	return nil, notFound("Not found: " + path)
}

func (s *MatrixServer) login(body []byte) (any, *matrixError) {
	var req struct {
		Type       string `json:"type"`
		Identifier struct {
			User string `json:"user"`
		} `json:"identifier"`
		Password string `json:"password"`
		Device   string `json:"device_id"`
	}
	_ = json.Unmarshal(body, &req)
	s.mu.Lock()
	defer s.mu.Unlock()
	user := req.Identifier.User
	if !strings.HasPrefix(user, "@") {
		user = "@" + user + ":test.example"
	}
	if !s.users[user] || req.Password != MatrixPassword(user) {
		return nil, forbidden("Invalid username or password")
	}
	if req.Device == "" {
		s.serial++
		req.Device = "DEVICE" + strconv.Itoa(s.serial)
	}
	return map[string]any{"user_id": user, "device_id": req.Device, "access_token": s.token(user, req.Device)}, nil
}

func (s *MatrixServer) join(user, room string) (any, *matrixError) {
	id := room
	if strings.HasPrefix(room, "#") {
		id = s.aliases[room]
	}
	r := s.rooms[id]
	if r == nil {
		return nil, notFound("Can't join: no such room")
	}
	rule, _ := r.now("m.room.join_rules", "").Map()["join_rule"].(string)
	switch m := r.membership(user); {
	case m == "ban":
		return nil, forbidden("You are banned from this room")
	case m == "join":
	case rule != "public" && m != "invite":
		return nil, forbidden("You are not invited to this room.")
	default:
		s.state(r, user, "m.room.member", user, map[string]any{"membership": "join", "displayname": localpart(user)})
	}
	return map[string]any{"room_id": id}, nil
}

// inRoom is what is asked of one room.
func (s *MatrixServer) inRoom(r *http.Request, who matrixDevice, room *matrixRoom, parts []string, content map[string]any, body []byte) (any, *matrixError) {
	if parts[0] == "leave" {
		if m := room.membership(who.user); m != "join" && m != "invite" {
			return nil, forbidden("not in the room")
		}
		content["membership"] = "leave"
		s.state(room, who.user, "m.room.member", who.user, content)
		return map[string]any{}, nil
	}
	if parts[0] == "forget" {
		return map[string]any{}, nil
	}
	if room.membership(who.user) != "join" {
		return nil, forbidden("User " + who.user + " not in room " + room.id)
	}
	switch {
	case parts[0] == "send" && len(parts) == 3:
		return s.take(who, room, parts[1], parts[2], body)
	case parts[0] == "state" && len(parts) == 1:
		state := []MatrixEvent{}
		for _, e := range sortedState(room.stateAt(s.pos)) {
			e.Room = room.id
			state = append(state, e)
		}
		return state, nil
	case parts[0] == "state":
		key := ""
		if len(parts) > 2 {
			key = parts[2]
		}
		e := room.now(parts[1], key)
		if e.ID == "" {
			return nil, notFound("Event not found.")
		}
		return e.Content, nil
	case parts[0] == "event" && len(parts) == 2:
		i := room.index(parts[1])
		if i < 0 {
			return nil, notFound("Event not found.")
		}
		e := room.events[i]
		e.Room = room.id
		return e, nil
	case parts[0] == "receipt" && len(parts) == 3:
		return map[string]any{}, nil
	case parts[0] == "messages":
		return s.messages(room, r.URL.Query()), nil
	}
	return nil, notFound("Not found: " + parts[0])
}

// take takes an event that a client sends.
func (s *MatrixServer) take(who matrixDevice, room *matrixRoom, kind, txn string, body []byte) (any, *matrixError) {
	key := strings.Join([]string{who.device, room.id, kind, txn}, "\n")
	if id, ok := s.txns[key]; ok {
		return map[string]any{"event_id": id}, nil
	}
	if level, need := room.level(who.user, kind); level < need {
		return nil, forbidden("You don't have permission to post that to the room. " + strconv.Itoa(int(need)))
	}
	if after := s.limited(who.user); after > 0 {
		return nil, &matrixError{429, "M_LIMIT_EXCEEDED", "Too Many Requests", map[string]any{"retry_after_ms": after.Milliseconds()}}
	}
	e := MatrixEvent{Type: kind, Sender: who.user, Content: body, Txn: txn}
	id := s.add(room, e)
	s.txns[key] = id
	e.ID = id
	if s.opts.Accepted != nil && s.opts.Accepted(e) {
		return nil, &matrixError{502, "M_UNKNOWN", "Bad gateway", nil}
	}
	return map[string]any{"event_id": id}, nil
}

// limited says how long somebody has to wait before the next message.
func (s *MatrixServer) limited(user string) time.Duration {
	if s.opts.Burst == 0 {
		return 0
	}
	b, now := s.buckets[user], time.Now()
	if b == nil {
		b = &matrixBucket{tokens: float64(s.opts.Burst), last: now}
		s.buckets[user] = b
	}
	b.tokens = min(float64(s.opts.Burst), b.tokens+float64(now.Sub(b.last))/float64(s.opts.Pace))
	b.last = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) * float64(s.opts.Pace)).Round(time.Millisecond)
	}
	b.tokens--
	return 0
}
