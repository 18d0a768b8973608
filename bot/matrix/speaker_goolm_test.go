//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

const (
	botID = "@glancebot:test.example"
	zoeID = "@zoe:test.example"
	eveID = "@eve:test.example"
)

var secretRoom = bot.Room{Network: "main", Name: "#secret:test.example"}

// stage is a homeserver with an encrypted room, in virtual time.
type stage struct {
	*testing.T
	srv  *bottest.MatrixServer
	room string
	all  []*speaker
}

// onStage runs a story with an encrypted room of zoe's.
func onStage(t *testing.T, o bottest.MatrixOptions, story func(s *stage)) {
	t.Helper()
	onClearStage(t, o, func(s *stage) {
		s.encrypt()
		story(s)
	})
}

// encrypt turns encryption on.
func (s *stage) encrypt() {
	s.srv.State(s.room, zoeID, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
}

// leaked is what was said in clear after the room was encrypted.
func (s *stage) leaked() (said []string) {
	encrypted := false
	for _, e := range s.srv.Events(s.room) {
		switch {
		case e.Type == "m.room.encryption":
			encrypted = true
		case encrypted && e.Type == "m.room.message" && e.Sender != zoeID: // zoe has other clients
			said = append(said, e.Sender+" "+e.Body())
		}
	}
	return said
}

// onClearStage runs a story with a room of zoe's that is not encrypted.
func onClearStage(t *testing.T, o bottest.MatrixOptions, story func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{T: t, srv: bottest.NewMatrix(o)}
		s.srv.User(botID, zoeID, eveID)
		s.room = s.srv.Room(zoeID, secretRoom.Name)
		defer func() {
			for _, sp := range s.all {
				sp.end()
			}
			s.srv.Close()
			synctest.Wait()
		}()
		story(s)
		for _, sp := range s.all {
			sp.end()
			text := sp.logged()
			for _, secret := range append(sp.person.keys, "-of-the-tests", "token_", "panic", testSecret) {
				if strings.Contains(text, secret) {
					t.Errorf("%q is in the log of %s:\n%s", secret, sp.user, text)
				}
			}
		}
		if said := s.leaked(); len(said) > 0 {
			t.Errorf("said in clear: %q", said)
		}
	})
}

// speaker is somebody with a transport of ours: the bot, or a person.
type speaker struct {
	*stage
	*Transport
	user   string
	store  *bottest.Store
	conf   Config
	person *testPerson
	client http.RoundTripper
	stop   func()
	serial int

	mu    sync.Mutex
	heard []bot.Incoming
	log   strings.Builder
}

// testPerson is who runs Login.
type testPerson struct {
	answers []string // to what is asked, in order
	said    []string
	keys    []string // recovery keys that were shown
	blind   bool     // sees no recovery key
}

func (p *testPerson) person() Person {
	return Person{
		Say: func(text string) { p.said = append(p.said, text) },
		Ask: func(_ context.Context, text string, _ bool) (string, error) {
			p.said = append(p.said, text)
			if len(p.answers) == 0 {
				return "", errors.New("nobody is there to ask")
			}
			answer := p.answers[0]
			p.answers = p.answers[1:]
			return answer, nil
		},
		Recovery: func(key string) error {
			if p.blind {
				return errors.New("the terminal is gone")
			}
			p.keys = append(p.keys, key)
			return nil
		},
	}
}

// speaker is somebody who has neither logged in nor joined.
func (s *stage) speaker(user string) *speaker {
	sp := &speaker{stage: s, user: user, store: bottest.NewStore(), person: new(testPerson), client: s.srv.Transport(), conf: Config{
		Network: "main", Homeserver: s.srv.URL, User: user, Password: bottest.MatrixPassword(user),
		Encryption: true, Key: []byte(testSecret), Rooms: []bot.Room{secretRoom}, Pace: -1,
	}}
	s.all = append(s.all, sp)
	return sp
}

// enter is a speaker who has logged in, with answers to what is asked, and is in
// the room.
func (s *stage) enter(user string, answers ...string) *speaker {
	s.Helper()
	sp := s.speaker(user)
	sp.person.answers = answers
	if err := sp.logIn(); err != nil {
		s.Fatalf("login of %s: %v\n%s", user, err, strings.Join(sp.person.said, "\n"))
	}
	sp.start()
	sp.ready()
	return sp
}

func (sp *speaker) options() Options {
	return Options{
		Config: sp.conf, Store: sp.store, Client: sp.client, Log: slog.New(slog.NewTextHandler(sp, nil)),
		Known: func(string) bool { return true },
	}
}

func (sp *speaker) logIn() error {
	err := Login(sp.Context(), sp.options(), sp.person.person())
	synctest.Wait()
	return err
}

func (sp *speaker) start() {
	sp.Helper()
	sp.Transport = New(sp.options())
	ctx, cancel := context.WithCancel(sp.Context())
	ended := make(chan error, 1)
	go func() { ended <- sp.Run(ctx, sp) }()
	sp.stop = func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, bottest.ErrCrashed) {
			sp.Errorf("run of %s: %v", sp.user, err)
		}
	}
	synctest.Wait()
}

func (sp *speaker) end() {
	if sp.stop != nil {
		sp.stop()
		sp.stop = nil
	}
	synctest.Wait()
}

// kill ends the speaker as kill -9 does.
func (sp *speaker) kill() {
	sp.store.Crash()
	sp.end()
	sp.store = sp.store.Reopen()
}

func (sp *speaker) ready() {
	sp.Helper()
	synctest.Wait()
	if !sp.Ready(secretRoom) {
		sp.Fatalf("%s is not ready: %+v\n%s", sp.user, sp.Status(), sp.logged())
	}
}

// Incoming, Changed and Seen are of bot.Receiver.
func (sp *speaker) Incoming(in bot.Incoming) {
	sp.mu.Lock()
	sp.heard = append(sp.heard, in)
	sp.mu.Unlock()
	if sp.user == botID && strings.HasPrefix(in.Text, "!") {
		sp.Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("re: " + in.Text)}), time.Now())
	}
}

func (sp *speaker) Changed(string) {}

func (sp *speaker) Seen(bot.Room, bot.Principal, time.Time) {}

func (sp *speaker) Write(b []byte) (int, error) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return sp.log.Write(b)
}

func (sp *speaker) logged() string {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return sp.log.String()
}

// take returns what was heard since the last call.
func (sp *speaker) take() (texts []string) {
	synctest.Wait()
	sp.mu.Lock()
	defer sp.mu.Unlock()
	for _, in := range sp.heard {
		if in.From.Strength != bot.Account {
			sp.Errorf("heard from %+v", in.From)
		}
		texts = append(texts, in.From.Account+" "+in.Text)
	}
	sp.heard = nil
	return texts
}

func (sp *speaker) hears(want ...string) {
	sp.Helper()
	if got := sp.take(); !slices.Equal(got, want) {
		sp.Errorf("%s heard %q, want %q\n%s", sp.user, got, want, sp.logged())
	}
}

// say says a text as a person would.
func (sp *speaker) say(text string) error {
	sp.serial++
	err := sp.Deliver(sp.Context(), fmt.Sprintf("%s-%d", sp.user, sp.serial), secretRoom, fmt.Appendf(nil, `{"msgtype":"m.text","body":%q}`, text))
	synctest.Wait()
	return err
}

func (sp *speaker) says(text string) {
	sp.Helper()
	if err := sp.say(text); err != nil {
		sp.Fatalf("%s can't say %q: %v\n%s", sp.user, text, err, sp.logged())
	}
}

// reads is what a speaker can read of the room, "…" for what not.
func (sp *speaker) reads() (texts []string) {
	for _, e := range sp.srv.Events(sp.room, "m.room.encrypted") {
		clear, err := sp.crypt.Decrypt(sp.Context(), &event.Event{
			ID: id.EventID(e.ID), Sender: id.UserID(e.Sender), RoomID: id.RoomID(sp.room), Type: event.EventEncrypted,
			Timestamp: e.At, Content: event.Content{VeryRaw: e.Content},
		})
		if err != nil {
			texts = append(texts, "…")
			continue
		}
		var m struct{ Body string }
		if err := json.Unmarshal(clear.Content.VeryRaw, &m); err != nil {
			sp.Fatal(err)
		}
		texts = append(texts, m.Body)
	}
	return texts
}

func (sp *speaker) wantReads(want ...string) {
	sp.Helper()
	if got := sp.reads(); !slices.Equal(got, want) {
		sp.Errorf("%s can read %q, want %q", sp.user, got, want)
	}
}

// megolm is the speaker's encrypter.
func (sp *speaker) megolm() *megolm { return sp.crypt.(*megolm) }

// sessions are the ids of the Megolm sessions of what was said, in order.
func (s *stage) sessions() (ids []string) {
	for _, e := range s.srv.Events(s.room, "m.room.encrypted") {
		ids = append(ids, e.Map()["session_id"].(string))
	}
	return ids
}
