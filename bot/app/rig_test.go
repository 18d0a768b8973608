package app_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/bot/matrix"
	"torchbearer/plugins/all"
)

// The stories once more, with the real transport before a homeserver in memory.
func TestStoriesOnMatrix(t *testing.T) {
	for _, pattern := range []string{"testdata/*.txtar", "../../plugins/*/testdata/*.txtar"} {
		scenario.On(t, onMatrix, pattern, all.Plugins())
	}
}

// onMatrix is a rig of homeservers, one for each network.
func onMatrix() scenario.Rig {
	var servers []*bottest.MatrixServer
	return scenario.Rig{
		Name: "matrix", Kind: bottest.Rich, Takes: 50 * time.Millisecond, Longest: 4 * 24 * time.Hour,
		Network: func(name, nick string) scenario.Network {
			srv := bottest.NewMatrix(bottest.MatrixOptions{})
			servers = append(servers, srv)
			h := &homeserver{
				srv: srv, name: name, me: bottest.Rich.User(bottest.Speaker{Account: nick}),
				rooms: map[bot.Room]string{}, names: map[string]string{}, taken: map[string]bool{},
			}
			srv.User(h.me, founder)
			return h
		},
		End: func() {
			for _, srv := range servers {
				srv.Close()
			}
			synctest.Wait()
		},
	}
}

// founder makes the rooms of a story, and is in none of them.
const founder = "@founder:example.org"

// homeserver is a network of a story: a homeserver, with the people of the script.
type homeserver struct {
	srv  *bottest.MatrixServer
	name string // of the network
	me   string

	mu    sync.Mutex
	rooms map[bot.Room]string // by the name that the story knows; of a talk of two, the user
	names map[string]string   // of users
	came  []string            // users, who came last is last
	taken map[string]bool     // event ids
}

// Connect implements scenario.Network.
func (h *homeserver) Connect(l scenario.Life) (bot.Transport, func()) {
	conf := matrix.Config{
		Network: h.name, Homeserver: h.srv.URL, User: h.me, Password: bottest.MatrixPassword(h.me), Pace: -1,
	}
	add := func(r bot.Room) {
		if r.Network == h.name && !slices.Contains(conf.Rooms, r) {
			conf.Rooms = append(conf.Rooms, r)
			h.at(r)
		}
	}
	for _, t := range l.Config.Teams {
		for _, r := range t.Rooms {
			add(r)
		}
	}
	add(l.Config.Operators.Room)
	wire := &cutWire{wire: h.srv.Transport()}
	return matrix.New(matrix.Options{
		Config: conf, Store: l.Store, Client: wire, Known: func(string) bool { return true }, Now: l.Now, Log: l.Log,
	}), func() { wire.cut.Store(true) }
}

// cutWire lets nothing through any more once it is cut.
type cutWire struct {
	wire http.RoundTripper
	cut  atomic.Bool
}

var errCut = errors.New("the process was killed")

func (w *cutWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.cut.Load() {
		return nil, errCut
	}
	return w.wire.RoundTrip(r)
}

// at finds a room, and makes it if the story has not had it yet.
func (h *homeserver) at(r bot.Room) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[r] == "" {
		h.rooms[r] = h.srv.Room(founder, r.Name)
		h.srv.Leave(h.rooms[r], founder)
	}
	return h.rooms[r]
}

// talk is where somebody talks to the bot alone.
func (h *homeserver) talk(user string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := bot.Room{Network: h.name, Name: user}
	if h.rooms[r] == "" {
		h.rooms[r] = h.srv.Room(user, "")
		h.srv.Invite(h.rooms[r], user, h.me, true)
		h.mu.Unlock()
		synctest.Wait() // until the bot has come
		h.mu.Lock()
	}
	return h.rooms[r]
}

// enter brings somebody into a room, under the name they have now.
func (h *homeserver) enter(r bot.Room, who bottest.Speaker) (user, room string) {
	user = bottest.Rich.User(who)
	if direct := r.Name[0] != '#' && r.Name[0] != '!'; direct {
		room = h.talk(user)
	} else {
		room = h.at(r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.srv.Membership(room, user) != "join" || h.names[user] != who.Nick {
		h.srv.State(room, user, "m.room.member", user, map[string]any{"membership": "join", "displayname": who.Nick})
	}
	h.names[user] = who.Nick
	h.came = append(slices.DeleteFunc(h.came, func(u string) bool { return u == user }), user)
	return user, room
}

// whoIs finds who is called so, of several who came last.
func (h *homeserver) whoIs(nick string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, user := range slices.Backward(h.came) {
		if h.names[user] == nick {
			return user
		}
	}
	return nick
}

// Say implements scenario.Crowd.
func (h *homeserver) Say(r bot.Room, who bottest.Speaker, text string) {
	user, room := h.enter(r, who)
	h.srv.Say(room, user, text)
}

// Join implements scenario.Crowd.
func (h *homeserver) Join(r bot.Room, who bottest.Speaker) { h.enter(r, who) }

// Part implements scenario.Crowd.
func (h *homeserver) Part(r bot.Room, nick string) { h.srv.Leave(h.at(r), h.whoIs(nick)) }

// Quit implements scenario.Crowd.
func (h *homeserver) Quit(nick string) {
	user := h.whoIs(nick)
	for _, room := range h.all() {
		if h.srv.Membership(room, user) == "join" {
			h.srv.Leave(room, user)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.came = slices.DeleteFunc(h.came, func(u string) bool { return u == user })
}

// Rename implements scenario.Crowd.
func (h *homeserver) Rename(from, to string) {
	user := h.whoIs(from)
	for _, room := range h.all() {
		if h.srv.Membership(room, user) == "join" {
			h.srv.State(room, user, "m.room.member", user, map[string]any{"membership": "join", "displayname": to})
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names[user] = to
}

// all lists the rooms, those of talks that the bot began among them.
func (h *homeserver) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	rooms := slices.Collect(maps.Values(h.rooms))
	for _, room := range h.srv.Rooms(h.me) {
		if !slices.Contains(rooms, room) {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms
}

// place is what a story calls a room: a talk of two by the name of the other.
func (h *homeserver) place(room string) (r bot.Room, user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r, id := range h.rooms {
		if id == room && r.Name[0] == '@' {
			return bot.Room{Network: h.name, Name: h.names[r.Name]}, r.Name
		}
		if id == room {
			return r, ""
		}
	}
	for _, e := range h.srv.Events(room, "m.room.member") {
		if user := *e.StateKey; user != h.me {
			return bot.Room{Network: h.name, Name: h.names[user]}, user
		}
	}
	return bot.Room{Network: h.name, Name: room}, ""
}

// body is what is read of a message.
func body(e bottest.MatrixEvent) (text string, mentions []string, notice bool, replaces string) {
	c := e.Map()
	if related, ok := c["m.relates_to"].(map[string]any); ok && related["rel_type"] == "m.replace" {
		replaces, _ = related["event_id"].(string)
		c, _ = c["m.new_content"].(map[string]any)
	}
	text, _ = c["body"].(string)
	if m, ok := c["m.mentions"].(map[string]any); ok {
		users, _ := m["user_ids"].([]any)
		for _, u := range users {
			mentions = append(mentions, fmt.Sprint(u))
		}
	}
	return text, mentions, c["msgtype"] == "m.notice", replaces
}

// said lists what the bot has said in a room, as it reads now, and which of it was
// edited.
func (h *homeserver) said(room string) (all []bottest.MatrixEvent, seen map[string]bottest.Seen, now map[string]string) {
	seen, now = map[string]bottest.Seen{}, map[string]string{}
	where, user := h.place(room)
	for _, e := range h.srv.Events(room, "m.room.message") {
		if e.Sender != h.me {
			continue
		}
		text, mentions, notice, of := body(e)
		if of != "" {
			now[of] = text
			continue
		}
		all = append(all, e)
		seen[e.ID] = bottest.Seen{
			Room: where, User: user, At: time.UnixMilli(e.At).UTC(), Lines: []string{text}, Reply: notice, Mentions: mentions,
		}
	}
	return all, seen, now
}

// Take implements scenario.Wall.
func (h *homeserver) Take(r bot.Room) (bottest.Seen, bool) {
	for _, room := range h.all() {
		if where, user := h.place(room); where != r && (user == "" || user != r.Name) {
			continue
		}
		all, seen, _ := h.said(room)
		for _, e := range all {
			if !h.taken[e.ID] {
				h.taken[e.ID] = true
				return seen[e.ID], true
			}
		}
	}
	return bottest.Seen{}, false
}

// Left implements scenario.Wall.
func (h *homeserver) Left() (left []bottest.Seen) {
	for _, room := range h.all() {
		all, seen, _ := h.said(room)
		for _, e := range all {
			if !h.taken[e.ID] {
				left = append(left, seen[e.ID])
			}
		}
	}
	return left
}

// Reads implements scenario.Wall.
func (h *homeserver) Reads(r bot.Room, edited bool) (reads []bottest.Seen) {
	for _, room := range h.all() {
		if where, user := h.place(room); where != r && (user == "" || user != r.Name) {
			continue
		}
		all, seen, now := h.said(room)
		for _, e := range all {
			s := seen[e.ID]
			text, was := now[e.ID]
			if was {
				s.Lines = []string{text}
			}
			if was || !edited {
				reads = append(reads, s)
			}
		}
	}
	return reads
}

// find finds the bot's newest message that fits, as it reads now.
func (h *homeserver) find(room string, fits func(bottest.Seen) bool) (event string, err error) {
	all, seen, now := h.said(room)
	for _, e := range slices.Backward(all) {
		s := seen[e.ID]
		if text, was := now[e.ID]; was {
			s.Lines = []string{text}
		}
		if !s.Reply && fits(s) {
			return e.ID, nil
		}
	}
	return "", errors.New("no message of the bot's there reads so")
}

// React implements scenario.Wall.
func (h *homeserver) React(r bot.Room, who bottest.Speaker, s bot.Sign, fits func(bottest.Seen) bool) error {
	user, room := h.enter(r, who)
	event, err := h.find(room, fits)
	if err == nil {
		h.srv.React(room, user, event, string(s))
	}
	return err
}

// Unreact implements scenario.Wall.
func (h *homeserver) Unreact(r bot.Room, who bottest.Speaker, s bot.Sign, fits func(bottest.Seen) bool) error {
	user, room := h.enter(r, who)
	event, err := h.find(room, fits)
	if err != nil {
		return err
	}
	for _, e := range slices.Backward(h.srv.Events(room, "m.reaction")) {
		related, _ := e.Map()["m.relates_to"].(map[string]any)
		if e.Sender == user && related["event_id"] == event && related["key"] == string(s) {
			h.srv.Redact(room, user, e.ID)
			return nil
		}
	}
	return fmt.Errorf("%s has not put %s there", user, s)
}
