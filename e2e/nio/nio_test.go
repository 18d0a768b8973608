package nio_test

import (
	"testing"

	"torchbearer/e2e/nio"
	"torchbearer/e2e/synapsed"
)

// Two of them understand each other in an encrypted room, and the server sees
// nothing of what is said there.
func TestEncrypted(t *testing.T) {
	nio.Require(t)
	srv := synapsed.Start(t)
	zoe, bob := srv.User("zoe"), srv.User("bob")
	room := zoe.CreateRoom(map[string]any{"preset": "private_chat", "initial_state": []any{
		map[string]any{"type": "m.room.encryption", "state_key": "", "content": map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}},
	}})
	zoe.Invite(room, bob.ID)
	bobs := nio.Login(t, srv.URL, bob.ID, bob.Password)
	bobs.Join(room)
	zoes := nio.Login(t, srv.URL, zoe.ID, zoe.Password)
	if !zoes.Encrypted(room) {
		t.Fatal("zoe's client does not know that the room is encrypted")
	}
	root := zoes.Say(room, "hello bob")
	got := bobs.Expect(room, "hello bob", func(e nio.Event) bool { return e.Body() == "hello bob" })
	if got.ID != root || got.Sender != zoe.ID || !got.Decrypted || got.Kind() != "m.text" {
		t.Errorf("got %+v", got)
	}
	sign := bobs.React(room, root, "✋")
	zoes.Expect(room, "the reaction", func(e nio.Event) bool { return e.ID == sign && e.Type == "m.reaction" })
	bobs.Redact(room, sign)
	zoes.Expect(room, "its end", func(e nio.Event) bool { return e.Type == "m.room.redaction" })
	bobs.Send(room, "m.room.message", map[string]any{
		"msgtype": "m.text", "body": "in a thread", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": root},
	})
	if e := zoes.Expect(room, "the thread", func(e nio.Event) bool { return e.Body() == "in a thread" }); e.Thread() != root || !e.Decrypted {
		t.Errorf("got %+v", e)
	}
	for _, said := range zoe.Said(room, zoe.ID) {
		if said.Type != "m.room.encrypted" {
			t.Errorf("the server was told %+v", said)
		}
	}
}
