//go:build goolm

package matrix

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/goolm/message"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// keyServer is what a homeserver does for encryption: it keeps devices' keys,
// passes messages between devices, again until they are acknowledged, and has
// one room. It remembers all that was ever encrypted, to see a ratchet that
// turned back.
type keyServer struct {
	devices  map[id.UserID]json.RawMessage
	oneTime  map[id.UserID]map[id.KeyID]json.RawMessage
	inbox    map[id.UserID][]*event.Event
	timeline []*event.Event
	said     []string          // the timeline's texts
	used     map[string]string // "ratchet index" → ciphertext
}

func newKeyServer() *keyServer {
	return &keyServer{
		devices: map[id.UserID]json.RawMessage{},
		oneTime: map[id.UserID]map[id.KeyID]json.RawMessage{},
		inbox:   map[id.UserID][]*event.Event{},
		used:    map[string]string{},
	}
}

// copy is a server on which nobody has said anything, with the same devices.
func (k *keyServer) copy() *keyServer {
	to := newKeyServer()
	maps.Copy(to.devices, k.devices)
	for user, keys := range k.oneTime {
		to.oneTime[user] = maps.Clone(keys)
	}
	return to
}

// once refuses a second ciphertext of one key.
func (k *keyServer) once(ratchet, ciphertext string) error {
	if before, seen := k.used[ratchet]; seen && before != ciphertext {
		return fmt.Errorf("two messages were encrypted with %s", ratchet)
	}
	k.used[ratchet] = ciphertext
	return nil
}

func (k *keyServer) handle(from id.UserID, r *http.Request) (any, error) {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/keys/upload"):
		var req struct {
			DeviceKeys  json.RawMessage              `json:"device_keys"`
			OneTimeKeys map[id.KeyID]json.RawMessage `json:"one_time_keys"`
		}
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			return nil, err
		}
		if req.DeviceKeys != nil {
			k.devices[from] = req.DeviceKeys
		}
		if k.oneTime[from] == nil {
			k.oneTime[from] = map[id.KeyID]json.RawMessage{}
		}
		maps.Copy(k.oneTime[from], req.OneTimeKeys)
		return map[string]any{"one_time_key_counts": map[string]int{"signed_curve25519": len(k.oneTime[from])}}, nil
	case strings.HasSuffix(path, "/keys/query"):
		var req mautrix.ReqQueryKeys
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			return nil, err
		}
		found := map[id.UserID]map[string]json.RawMessage{}
		for user := range req.DeviceKeys {
			found[user] = map[string]json.RawMessage{deviceOf(user): k.devices[user]}
		}
		return map[string]any{"device_keys": found}, nil
	case strings.HasSuffix(path, "/keys/claim"):
		var req mautrix.ReqClaimKeys
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			return nil, err
		}
		found := map[id.UserID]any{}
		for user := range req.OneTimeKeys {
			for _, name := range slices.Sorted(maps.Keys(k.oneTime[user]))[:1] {
				found[user] = map[string]any{deviceOf(user): map[id.KeyID]any{name: k.oneTime[user][name]}}
				delete(k.oneTime[user], name)
			}
		}
		return map[string]any{"one_time_keys": found}, nil
	case strings.Contains(path, "/sendToDevice/m.room.encrypted/"):
		var req mautrix.ReqSendToDevice
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			return nil, err
		}
		for user, to := range req.Messages {
			for _, content := range to {
				if err := k.onceOlm(content.VeryRaw); err != nil {
					return nil, err
				}
				k.inbox[user] = append(k.inbox[user], &event.Event{Sender: from, Type: event.ToDeviceEncrypted, Content: *content})
			}
		}
		return struct{}{}, nil
	}
	return nil, fmt.Errorf("unexpected request %s %s", r.Method, r.URL.Path)
}

func (k *keyServer) onceOlm(raw []byte) error {
	var content event.EncryptedEventContent
	if err := json.Unmarshal(raw, &content); err != nil {
		return err
	}
	for _, c := range content.OlmCiphertext {
		body, err := base64.RawStdEncoding.DecodeString(c.Body)
		if err != nil {
			return err
		}
		if c.Type == id.OlmMsgTypePreKey {
			var outer message.PreKeyMessage
			if err := outer.Decode(body); err != nil {
				return err
			}
			body = outer.Message
		}
		var m message.Message
		if err := m.Decode(body); err != nil {
			return err
		}
		if err := k.once(fmt.Sprintf("Olm %x %d", m.RatchetKey, m.Counter), string(m.Ciphertext)); err != nil {
			return err
		}
	}
	return nil
}

// say puts an encrypted message into the room.
func (k *keyServer) say(from id.UserID, content *event.EncryptedEventContent, text string) error {
	index, err := crypto.ParseMegolmMessageIndex(content.MegolmCiphertext)
	if err != nil {
		return err
	}
	k.timeline = append(k.timeline, &event.Event{
		ID: id.EventID(fmt.Sprintf("$%d", len(k.timeline))), Sender: from, RoomID: "!room:x",
		Type: event.EventEncrypted, Timestamp: int64(len(k.timeline)), Content: event.Content{Parsed: content},
	})
	k.said = append(k.said, text)
	return k.once(fmt.Sprintf("Megolm %s %d", content.SessionID, index), string(content.MegolmCiphertext))
}

func deviceOf(user id.UserID) string { return "DEVICE" + strings.ToUpper(user.String()[1:2]) }

// oneRoom is the state of the server's room: a session for three messages.
type oneRoom struct{}

func (oneRoom) IsEncrypted(context.Context, id.RoomID) (bool, error) { return true, nil }
func (oneRoom) GetEncryptionEvent(context.Context, id.RoomID) (*event.EncryptionEventContent, error) {
	return &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1, RotationPeriodMessages: 3}, nil
}

func (oneRoom) GetHistoryVisibility(context.Context, id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	return nil, nil
}

func (oneRoom) FindSharedRooms(context.Context, id.UserID) ([]id.RoomID, error) {
	return []id.RoomID{"!room:x"}, nil
}
