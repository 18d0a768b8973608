package matrix

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// prove sends an encrypted message into a room of the bot's own, reads it back
// from the server and leaves the room.
func (t *Transport) prove(ctx context.Context, client *mautrix.Client, crypt encrypter) error {
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	t.mu.Lock()
	t.client = client
	t.mu.Unlock()
	empty := ""
	var made *mautrix.RespCreateRoom
	err := patiently(ctx, func() (err error) {
		made, err = client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
			Preset: "private_chat", Name: "torchbearer login",
			InitialState: []*event.Event{{Type: event.StateEncryption, StateKey: &empty, Content: event.Content{
				Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1},
			}}},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("create room: %w", err)
	}
	defer func() {
		away, cancel := context.WithTimeout(context.WithoutCancel(ctx), wholeTime)
		defer cancel()
		err := patiently(away, func() error {
			_, err := client.LeaveRoom(away, made.RoomID)
			return err
		})
		if err == nil {
			_, err = client.ForgetRoom(away, made.RoomID)
		}
		if err != nil {
			t.log.Warn("room of the proof is not left", "room", made.RoomID, "why", words(err))
		}
	}()
	if err := t.readState(ctx, made.RoomID); err != nil {
		return fmt.Errorf("read room: %w", err)
	}
	clear, err := json.Marshal(map[string]string{"msgtype": "m.text", "body": "Proof " + rand.Text()})
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	sealed, err := crypt.Encrypt(ctx, made.RoomID, event.EventMessage, clear)
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	txn := rand.Text()
	var sent *mautrix.RespSendEvent
	err = patiently(ctx, func() (err error) {
		sent, err = client.SendMessageEvent(ctx, made.RoomID, event.EventEncrypted, sealed, mautrix.ReqSendEvent{TransactionID: txn, DontEncrypt: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return t.echo(ctx, client, crypt, made.RoomID, sent.EventID, clear)
}

// echo reads an encrypted event from the server and compares it.
func (t *Transport) echo(ctx context.Context, client *mautrix.Client, crypt encrypter, room id.RoomID, sent id.EventID, want json.RawMessage) error {
	filter, err := json.Marshal(mautrix.Filter{Room: &mautrix.RoomFilter{Rooms: []id.RoomID{room}, Timeline: &mautrix.FilterPart{Limit: 20}}})
	if err != nil {
		return fmt.Errorf("encode filter: %w", err)
	}
	resp, err := lenient(client.FullSyncRequest(ctx, mautrix.ReqSync{FilterID: string(filter), SetPresence: event.PresenceOffline}))
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	outcome := errors.New("the server does not show the message")
	err = crypt.Sync(ctx, resp, "", func(ctx context.Context) {
		joined := resp.Rooms.Join[room]
		if joined == nil {
			return
		}
		for _, e := range joined.Timeline.Events {
			if e == nil || e.ID != sent {
				continue
			}
			e.RoomID = room
			got, err := crypt.Decrypt(ctx, e)
			switch {
			case e.Type.Type != event.EventEncrypted.Type:
				outcome = errors.New("the message was not encrypted")
			case err != nil:
				outcome = fmt.Errorf("decrypt: %w", err)
			case string(got.Content.VeryRaw) != string(want):
				outcome = errors.New("another message came back")
			default:
				outcome = nil
			}
		}
	})
	if err != nil {
		return err
	}
	return outcome
}

// patiently asks again when the server asks to wait.
func patiently(ctx context.Context, ask func() error) error {
	for tries := 0; ; tries++ {
		err := ask()
		after, slow := limited(err)
		if !slow || tries >= 5 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(after):
		}
	}
}
