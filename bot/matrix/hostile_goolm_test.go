//go:build goolm

package matrix

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/bottest"
)

// Whatever keys somebody's server shows of them, the others of the room are told.
func TestHostileKeys(t *testing.T) {
	for _, keys := range []string{
		`{"algorithms":5}`, `{"keys":[]}`, `{"user_id":7,"device_id":[],"keys":{},"signatures":"x"}`, `{}`, `{"signatures":{"@eve:test.example":7}}`,
		`null`, `{"keys":{"curve25519:EVE":"x","ed25519:EVE":"y"}}`,
	} {
		t.Run(keys, func(t *testing.T) {
			onStage(t, bottest.MatrixOptions{}, func(s *stage) {
				b, zoe := s.enter(botID), s.enter(zoeID)
				b.says("one")
				zoe.hears(botID + " one")
				r, err := http.NewRequest("POST", s.srv.URL+"/_matrix/client/v3/keys/upload", strings.NewReader(`{"device_keys":`+keys+`}`))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+s.srv.Token(eveID, "EVE"))
				resp, err := (&http.Client{Transport: s.srv.Transport()}).Do(r)
				if err != nil || resp.StatusCode != 200 {
					t.Fatal(resp, err)
				}
				resp.Body.Close()
				s.srv.Join(s.room, eveID)
				time.Sleep(time.Minute)
				b.says("two")
				zoe.hears(botID + " two")
			})
		})
	}
}

// Whatever strangers send to the bot's device, it hears and is heard.
func TestStrangeToDevice(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b, zoe := s.enter(botID), s.enter(zoeID)
		device := s.srv.Devices(botID)[0]
		kinds := []string{
			"m.room.encrypted", "m.room_key", "m.dummy", "m.room_key_request", "m.secret.request", "m.secret.send",
			"m.forwarded_room_key", "m.room_key.withheld", "m.key.verification.request", "", "x",
		}
		contents := []string{
			`5`, `[]`, `null`, `{}`,
			`{"algorithm":"m.olm.v1.curve25519-aes-sha2","ciphertext":5}`,
			`{"algorithm":"m.olm.v1.curve25519-aes-sha2","sender_key":"x","ciphertext":{"x":null}}`,
			`{"algorithm":5,"room_id":5,"body":null,"requesting_device_id":"x","action":"request"}`,
			`{"action":"request","body":{"algorithm":"m.megolm.v1.aes-sha2","room_id":"!x"},"request_id":"1","requesting_device_id":"Z"}`,
		}
		for _, kind := range kinds {
			for _, content := range contents {
				s.srv.ToDevice(eveID, botID, device, kind, []byte(content))
			}
		}
		zoe.says("!one")
		b.hears(zoeID + " !one")
		b.says("two")
		zoe.hears(botID + " two")
	})
}
