package bottest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// MatrixServer is a homeserver in memory that behaves, for one client program, as
// Synapse 1.163 was seen to: sync with gaps, transaction ids, power levels,
// invitations, upgrades, rate limits. What other people do is a method; the
// program talks HTTP. It works inside a synctest bubble, over connections in
// memory:
//
//	srv := bottest.NewMatrix(bottest.MatrixOptions{})
//	defer srv.Close()
//	srv.User("@glancebot:test.example", "@zoe:test.example")
//	room := srv.Room("@zoe:test.example", "#glance:test.example")
//	m := matrix.New(matrix.Options{Config: matrix.Config{Homeserver: srv.URL, ...}, Client: srv.Transport()})
//	srv.Say(room, "@zoe:test.example", "!freeze")
//
// A user's password is MatrixPassword. Faults are fields of MatrixOptions, Hook
// among them.
type MatrixServer struct {
	// URL is where the server is for its own Transport.
	URL string

	opts   MatrixOptions
	server *http.Server
	pipes  *pipeListener

	mu       sync.Mutex
	users    map[string]bool
	tokens   map[string]matrixDevice // by access token
	rooms    map[string]*matrixRoom
	aliases  map[string]string // to room ids
	account  map[string]matrixData
	keys     matrixKeys
	txns     map[string]string // device, room, type and transaction id to event id
	pos      int               // of the stream
	serial   int               // of ids
	changed  chan struct{}     // closed when something happens
	requests []MatrixRequest
	buckets  map[string]*matrixBucket
	stopped  bool
}

// MatrixOptions is what a homeserver is like. The zero value is one without a
// limit on messages, that never forgets.
type MatrixOptions struct {
	// Burst messages are taken at once, then one each Pace; 0: no limit.
	Burst int
	Pace  time.Duration
	// NoRetryHeader leaves the Retry-After header out, as Dendrite does, and
	// NoRetryBody the body's retry_after_ms.
	NoRetryHeader, NoRetryBody bool
	// Hook sees every request first; true: it is done with.
	Hook func(w http.ResponseWriter, r *http.Request) bool
	// Accepted is asked when an event was taken and before the client is told;
	// true: the client gets 502 instead.
	Accepted func(e MatrixEvent) bool
	// Created is the same for a room that was made.
	Created func(room string) bool
}

// MatrixRequest is one request as the server saw it.
type MatrixRequest struct {
	At     time.Time
	Method string
	Path   string // with query, decoded
}

// MatrixEvent is one event of a room.
type MatrixEvent struct {
	ID       string          `json:"event_id"`
	Type     string          `json:"type"`
	Sender   string          `json:"sender"`
	StateKey *string         `json:"state_key,omitempty"`
	Content  json.RawMessage `json:"content"`
	At       int64           `json:"origin_server_ts"` // Unix milliseconds
	Redacts  string          `json:"redacts,omitempty"`
	Unsigned map[string]any  `json:"unsigned,omitempty"`
	Room     string          `json:"room_id,omitempty"`
	Txn      string          `json:"-"` // the sender's transaction id

	pos int
}

// Map is the content, decoded.
func (e MatrixEvent) Map() map[string]any {
	var m map[string]any
	_ = json.Unmarshal(e.Content, &m)
	return m
}

// Body is what the event says, where it says something.
func (e MatrixEvent) Body() string { s, _ := e.Map()["body"].(string); return s }

type matrixDevice struct{ user, device string }

type matrixData struct {
	content json.RawMessage
	pos     int
}

type matrixRoom struct {
	id, version string
	creator     string
	events      []MatrixEvent
}

type matrixBucket struct {
	tokens float64
	last   time.Time
}

// MatrixPassword is the password of a user.
func MatrixPassword(user string) string { return user + "-of-the-tests" }

// NewMatrix starts a homeserver. Close it before its bubble ends.
func NewMatrix(o MatrixOptions) *MatrixServer {
	s := &MatrixServer{
		URL: "http://matrix.test.example", opts: o, users: map[string]bool{}, tokens: map[string]matrixDevice{},
		rooms: map[string]*matrixRoom{}, aliases: map[string]string{}, account: map[string]matrixData{}, keys: newMatrixKeys(),
		txns: map[string]string{}, changed: make(chan struct{}), buckets: map[string]*matrixBucket{},
	}
	s.pipes = newPipeListener()
	s.start()
	return s
}

func (s *MatrixServer) start() {
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve)}
	server := s.server
	go func() { _ = server.Serve(s.pipes) }()
}

// Close ends the server and its connections.
func (s *MatrixServer) Close() {
	s.mu.Lock()
	s.stopped = true
	s.wake()
	server := s.server
	s.mu.Unlock()
	server.Close()
}

// Stop cuts every connection and refuses new ones until Start.
func (s *MatrixServer) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.wake()
	server := s.server
	s.mu.Unlock()
	server.Close()
}

// Start begins again after Stop; forget loses the transaction ids, as a server
// does that keeps them in memory.
func (s *MatrixServer) Start(forget bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = false
	if forget {
		clear(s.txns)
	}
	s.pipes = newPipeListener()
	s.start()
}

// Transport connects to the server, whatever the address.
func (s *MatrixServer) Transport() http.RoundTripper {
	return &http.Transport{DialContext: pipeDialer(func() *pipeListener {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.pipes
	})}
}

// User makes users.
func (s *MatrixServer) User(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.users[id] = true
	}
}

// Token makes an access token of a device.
func (s *MatrixServer) Token(user, device string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token(user, device)
}

func (s *MatrixServer) token(user, device string) string {
	s.serial++
	token := fmt.Sprintf("token_%d_%s", s.serial, device)
	s.tokens[token] = matrixDevice{user, device}
	return token
}

// Logout ends every login.
func (s *MatrixServer) Logout() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
	s.wake()
}

// Room makes a public room of version 11 by somebody, with an alias unless that
// is empty, and returns its id.
func (s *MatrixServer) Room(creator, alias string) string {
	return s.RoomOf("11", creator, alias, nil)
}

// RoomOf makes a public room of a version; predecessor is of its create event.
func (s *MatrixServer) RoomOf(version, creator, alias string, predecessor map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	create := map[string]any{}
	if predecessor != nil {
		create["predecessor"] = predecessor
	}
	r := s.room(version, creator, create)
	if alias != "" {
		s.aliases[alias] = r.id
	}
	return r.id
}

// room is RoomOf with the lock held.
func (s *MatrixServer) room(version, creator string, create map[string]any) *matrixRoom {
	s.serial++
	id := fmt.Sprintf("!room%d:test.example", s.serial)
	if version == "12" {
		id = fmt.Sprintf("!room%dOfVersionTwelveHasNoServerPart", s.serial)
	}
	r := &matrixRoom{id: id, version: version, creator: creator}
	s.rooms[id] = r
	create = maps.Clone(create)
	if create == nil {
		create = map[string]any{}
	}
	create["room_version"] = version
	s.state(r, creator, "m.room.create", "", create)
	s.state(r, creator, "m.room.member", creator, map[string]any{"membership": "join"})
	levels := map[string]any{"users": map[string]any{creator: 100}}
	if version == "12" {
		levels["users"] = map[string]any{}
	}
	s.state(r, creator, "m.room.power_levels", "", levels)
	s.state(r, creator, "m.room.join_rules", "", map[string]any{"join_rule": "public"})
	return r
}

// Upgrade makes a room anew in a version and points the old one there, the alias
// with it; it returns the new room's id. Nobody is taken along.
func (s *MatrixServer) Upgrade(room, by, version string) string {
	replacement := s.RoomOf(version, by, "", map[string]any{"room_id": room})
	s.mu.Lock()
	defer s.mu.Unlock()
	for alias, id := range s.aliases {
		if id == room {
			s.aliases[alias] = replacement
		}
	}
	s.state(s.rooms[room], by, "m.room.tombstone", "", map[string]any{"body": "moved", "replacement_room": replacement})
	return replacement
}

// Alias points an alias at a room.
func (s *MatrixServer) Alias(alias, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aliases[alias] = room
}

// Join lets somebody into a room.
func (s *MatrixServer) Join(room string, users ...string) {
	for _, u := range users {
		s.State(room, u, "m.room.member", u, map[string]any{"membership": "join", "displayname": localpart(u)})
	}
}

// Leave takes somebody out of a room.
func (s *MatrixServer) Leave(room, user string) {
	s.State(room, user, "m.room.member", user, map[string]any{"membership": "leave"})
}

// Invite invites somebody.
func (s *MatrixServer) Invite(room, by, user string, direct bool) {
	s.State(room, by, "m.room.member", user, map[string]any{"membership": "invite", "is_direct": direct})
}

// Say sends a text and returns its event id.
func (s *MatrixServer) Say(room, user, text string) string {
	return s.Send(room, user, "m.room.message", map[string]any{"msgtype": "m.text", "body": text})
}

// Send sends an event and returns its id.
func (s *MatrixServer) Send(room, user, kind string, content map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(s.rooms[room], MatrixEvent{Type: kind, Sender: user, Content: encoded(content)})
}

// SendAt is Send with a date of the sender's choosing.
func (s *MatrixServer) SendAt(room, user, text string, at time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := map[string]any{"msgtype": "m.text", "body": text}
	return s.add(s.rooms[room], MatrixEvent{Type: "m.room.message", Sender: user, Content: encoded(content), At: at.UnixMilli()})
}

// State sets a room's state; the right to do so is not asked for.
func (s *MatrixServer) State(room, user, kind, key string, content map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state(s.rooms[room], user, kind, key, content)
}

// AccountData sets data of an account.
func (s *MatrixServer) AccountData(user, kind string, content map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setAccount(user+" "+kind, encoded(content))
}

// Events returns a room's events so far; of the types, if any are given.
func (s *MatrixServer) Events(room string, types ...string) []MatrixEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.rooms[room].events), func(e MatrixEvent) bool {
		return len(types) > 0 && !slices.Contains(types, e.Type)
	})
}

// Said returns what somebody has said in a room, the bodies.
func (s *MatrixServer) Said(room, user string) (bodies []string) {
	for _, e := range s.Events(room, "m.room.message") {
		if e.Sender == user {
			bodies = append(bodies, e.Body())
		}
	}
	return bodies
}

// Membership is somebody's in a room: "join", "leave", …; empty: none.
func (s *MatrixServer) Membership(room, user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rooms[room].membership(user)
}

// Reason is what somebody gave as reason of their membership.
func (s *MatrixServer) Reason(room, user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	reason, _ := s.rooms[room].now("m.room.member", user).Map()["reason"].(string)
	return reason
}

// Requests returns what the server was asked so far, syncs left out.
func (s *MatrixServer) Requests() []MatrixRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}
