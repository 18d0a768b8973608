//go:build goolm

package matrix

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"torchbearer/bot/bottest"
)

// forged makes a Megolm session of eve's that she says is of zoe's device.
func forged(s *stage, zoe *speaker) (out *crypto.OutboundGroupSession, forward event.Content) {
	s.Helper()
	out, err := crypto.NewOutboundGroupSession(id.RoomID(s.room), nil, nil)
	if err != nil {
		s.Fatal(err)
	}
	out.Shared = true
	own := zoe.megolm().mach.Load().OwnIdentity()
	in, err := crypto.NewInboundGroupSession(own.IdentityKey, own.SigningKey, id.RoomID(s.room), out.Internal.Key(), 0, 0, nil, false)
	if err != nil {
		s.Fatal(err)
	}
	key, err := in.Internal.Export(0)
	if err != nil {
		s.Fatal(err)
	}
	return out, event.Content{Parsed: &event.ForwardedRoomKeyEventContent{
		RoomKeyEventContent: event.RoomKeyEventContent{
			Algorithm: id.AlgorithmMegolmV1, RoomID: id.RoomID(s.room), SessionID: out.ID(), SessionKey: string(key),
		},
		SenderKey: own.IdentityKey, SenderClaimedKey: own.SigningKey,
	}}
}

// tell sends something from device to device.
func (sp *speaker) tell(to *speaker, kind event.Type, content event.Content) {
	sp.Helper()
	mach := sp.megolm().mach.Load()
	device, err := mach.GetOrFetchDevice(sp.Context(), id.UserID(to.user), to.device)
	if err == nil {
		err = mach.SendEncryptedToDevice(sp.Context(), device, kind, content)
	}
	if err != nil {
		sp.Fatal(err)
	}
	synctest.Wait()
}

// post puts a message of a session into the room, as whoever the server says.
func (s *stage) post(as string, out *crypto.OutboundGroupSession, by *speaker, text string) {
	s.Helper()
	plain, err := json.Marshal(map[string]any{"room_id": s.room, "type": "m.room.message", "content": map[string]any{"msgtype": "m.text", "body": text}})
	if err != nil {
		s.Fatal(err)
	}
	cipher, err := out.Encrypt(plain)
	if err != nil {
		s.Fatal(err)
	}
	s.srv.Send(s.room, as, "m.room.encrypted", map[string]any{
		"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": string(cipher), "session_id": out.ID(),
		"device_id": by.device, "sender_key": by.megolm().mach.Load().OwnIdentity().IdentityKey,
	})
	synctest.Wait()
}

// Whoever the server names as sender, a message counts for nothing unless its key
// came from a device of theirs: eve, with the server's help, is not zoe.
func TestUnprovenSender(t *testing.T) {
	for _, tc := range []struct {
		name  string
		story func(s *stage, b, zoe, eve *speaker)
	}{
		{"a key that somebody passed on", func(s *stage, b, zoe, eve *speaker) {
			out, forward := forged(s, zoe)
			eve.tell(b, event.ToDeviceForwardedRoomKey, forward)
			s.post(zoeID, out, zoe, "!forged")
		}},
		{"passed on, then sent as one's own", func(s *stage, b, zoe, eve *speaker) {
			out, forward := forged(s, zoe)
			eve.tell(b, event.ToDeviceForwardedRoomKey, forward)
			eve.tell(b, event.ToDeviceRoomKey, out.ShareContent())
			s.post(zoeID, out, zoe, "!forged")
		}},
		{"sent as one's own, then passed on", func(s *stage, b, zoe, eve *speaker) {
			out, forward := forged(s, zoe)
			eve.tell(b, event.ToDeviceRoomKey, out.ShareContent())
			eve.tell(b, event.ToDeviceForwardedRoomKey, forward)
			s.post(zoeID, out, zoe, "!forged")
		}},
		{"eve's own key under zoe's name", func(s *stage, b, zoe, eve *speaker) {
			out, _ := forged(s, zoe)
			eve.tell(b, event.ToDeviceRoomKey, out.ShareContent())
			s.post(zoeID, out, zoe, "!forged")
		}},
		{"a device that the server no longer shows", func(s *stage, b, zoe, eve *speaker) {
			s.srv.RemoveDevice(eveID, string(eve.device))
			time.Sleep(time.Minute)
			out, _ := forged(s, zoe)
			s.post(eveID, out, eve, "!forged")
		}},
		{"said again by the server", func(s *stage, b, zoe, eve *speaker) {
			list := s.srv.Events(s.room, "m.room.encrypted")
			for _, e := range list {
				if e.Sender == zoeID {
					s.srv.Send(s.room, zoeID, "m.room.encrypted", e.Map())
				}
			}
		}},
		{"zoe's words in another room", func(s *stage, b, zoe, eve *speaker) {
			other := s.srv.Room(zoeID, "#other:test.example")
			s.srv.State(other, zoeID, "m.room.encryption", "", map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
			s.srv.Join(other, botID)
			for _, e := range s.srv.Events(s.room, "m.room.encrypted") {
				if e.Sender == zoeID {
					s.srv.Send(other, zoeID, "m.room.encrypted", e.Map())
				}
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, bottest.MatrixOptions{}, func(s *stage) {
				b, zoe, eve := s.enter(botID), s.enter(zoeID), s.enter(eveID)
				zoe.says("!this is zoe")
				eve.says("!this is eve")
				b.hears(zoeID+" !this is zoe", eveID+" !this is eve")
				before := len(s.srv.Events(s.room, "m.room.encrypted"))
				tc.story(s, b, zoe, eve)
				time.Sleep(2 * lateWithin)
				if texts := b.take(); len(texts) > 0 {
					t.Errorf("heard %q", texts)
				}
				if !strings.Contains(b.logged(), "can't be decrypted") {
					t.Errorf("nothing in the log:\n%s", b.logged())
				}
				for _, e := range s.srv.Events(s.room, "m.room.encrypted")[before:] {
					if e.Sender == botID {
						t.Error("the bot has answered")
					}
				}
			})
		})
	}
}

// What strangers send to the device costs nothing but itself.
func TestHostileToDevice(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b, zoe := s.enter(botID), s.enter(zoeID)
		eve := s.enter(eveID)
		mach := eve.megolm().mach.Load()
		for _, content := range []event.Content{
			{Raw: map[string]any{}},
			{Raw: map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "room_id": s.room, "session_id": "x", "session_key": "AAAA"}},
			{Raw: map[string]any{"algorithm": 7, "room_id": []string{}}},
		} {
			for _, kind := range []event.Type{event.ToDeviceRoomKey, event.ToDeviceForwardedRoomKey, event.ToDeviceRoomKeyWithheld, event.ToDeviceSecretSend} {
				device, err := mach.GetOrFetchDevice(s.Context(), botID, b.device)
				if err != nil {
					t.Fatal(err)
				}
				if err := mach.SendEncryptedToDevice(s.Context(), device, kind, content); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, kind := range []string{"m.room.encrypted", "m.room_key", "m.room_key_request", "m.room_key.withheld", "m.secret.request", "m.key.verification.request", "x"} {
			for _, raw := range []string{
				`{}`, `{"content":[]}`, `{"algorithm":[],"body":7}`, `{"algorithm":"m.olm.v1.curve25519-aes-sha2","ciphertext":{},"sender_key":"x"}`,
				`{"action":"request","body":null,"requesting_device_id":"X","request_id":"1"}`,
			} {
				s.srv.ToDevice(eveID, botID, string(b.device), kind, []byte(raw))
			}
		}
		synctest.Wait()
		zoe.says("!still here")
		b.hears(zoeID + " !still here")
	})
}
