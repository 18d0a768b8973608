//go:build goolm

package matrix

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"maunium.net/go/mautrix/id"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// A command in an encrypted room is heard and answered, over restarts and kill -9.
func TestSecretTalk(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b, zoe := s.enter(botID), s.enter(zoeID)
		zoe.says("!freeze")
		b.hears(zoeID + " !freeze")
		b.says("Spec freeze in 7 days.")
		zoe.hears(botID + " Spec freeze in 7 days.")
		zoe.wantReads("!freeze", "re: !freeze", "Spec freeze in 7 days.")
		b.end()
		zoe.says("!while it was away")
		b.start()
		b.hears(zoeID + " !while it was away")
		b.kill()
		b.start()
		b.ready()
		b.says("back")
		zoe.hears(botID + " back")
		zoe.kill()
		zoe.start()
		zoe.ready()
		zoe.says("!after all")
		b.take()
		zoe.wantReads("!freeze", "re: !freeze", "Spec freeze in 7 days.", "!while it was away", "re: !while it was away", "back", "!after all", "re: !after all")
		if trust := b.Status().Trust; trust != "cross-signed" {
			t.Errorf("trust is %q", trust)
		}
	})
}

// A command whose key comes after it is heard when the key is there, over kill -9
// too; one whose key does not come is given up.
func TestLateKey(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b, zoe := s.enter(botID), s.enter(zoeID)
		s.srv.HoldKeys(true)
		zoe.says("!one")
		zoe.says("!two")
		time.Sleep(20 * time.Second)
		b.hears()
		s.srv.HoldKeys(false)
		b.hears(zoeID+" !one", zoeID+" !two")

		time.Sleep(2 * commitEvery)
		zoe.megolm().rotate(s)
		s.srv.HoldKeys(true)
		zoe.says("!three")
		time.Sleep(20 * time.Second)
		b.kill()
		b.start()
		s.srv.HoldKeys(false)
		b.hears(zoeID + " !three")

		zoe.megolm().rotate(s)
		s.srv.HoldKeys(true)
		zoe.says("!four")
		time.Sleep(lateWithin + time.Second)
		if !strings.Contains(b.logged(), "can't be decrypted") {
			t.Errorf("nobody is told of a message without key:\n%s", b.logged())
		}
		s.srv.HoldKeys(false)
		time.Sleep(time.Minute)
		b.hears()
		zoe.says("!five")
		b.hears(zoeID + " !five")
	})
}

// rotate has the next message begin a new session.
func (m *megolm) rotate(s *stage) {
	s.Helper()
	if err := m.keys.Load().RemoveOutboundGroupSession(s.Context(), id.RoomID(s.room)); err != nil {
		s.Fatal(err)
	}
}

// Who leaves can't read what is said after; who comes, what is said from then on;
// a new device reads, one that is gone does not.
func TestAudience(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b := s.enter(botID)
		b.says("one")
		eve := s.enter(eveID)
		b.says("two")
		eve.wantReads("…", "two")
		s.srv.Leave(s.room, eveID)
		synctest.Wait()
		eve.end() // or it comes back, as configured
		b.says("three")
		eve.start()
		eve.ready()
		b.says("four")
		eve.wantReads("…", "two", "…", "four")

		zoe := s.enter(zoeID)
		zoe.end() // who would leave the room of the other's proof
		other := s.enter(zoeID, zoe.person.keys...)
		zoe.start()
		b.says("five")
		zoe.wantReads("…", "…", "…", "…", "five")
		other.wantReads("…", "…", "…", "…", "five")
		if devices := s.srv.Devices(zoeID); len(devices) != 2 {
			t.Fatalf("zoe's devices: %q", devices)
		}
		gone := string(zoe.device)
		s.srv.RemoveDevice(zoeID, gone)
		b.says("six")
		other.wantReads("…", "…", "…", "…", "five", "six")
		ids := s.sessions()
		for i := range ids[1:] {
			if ids[i] == ids[i+1] {
				t.Errorf("messages %d and %d are of one session, with another audience", i, i+1)
			}
		}
	})
}

// A store that was put back from a copy, and says so, reuses nothing: keys that the
// server still hands out are made anew, and everybody can go on.
func TestRestoredStore(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b, zoe := s.enter(botID), s.enter(zoeID)
		b.says("one")
		b.end()
		err := b.store.Update(s.Context(), func(tx bot.Tx) error { return tx.Put("matrix/main/crypto/restored", []byte("1")) })
		if err != nil {
			t.Fatal(err)
		}
		before := s.srv.OneTimeKeys(botID)
		b.start()
		b.ready()
		time.Sleep(time.Minute)
		for key := range s.srv.OneTimeKeys(botID) {
			if before[key] {
				t.Errorf("one-time key %s is from before", key)
			}
		}
		eve := s.enter(eveID)
		eve.says("!hello")
		zoe.says("!freeze")
		b.hears(eveID+" !hello", zoeID+" !freeze")
		b.says("two")
		zoe.wantReads("one", "!hello", "re: !hello", "!freeze", "re: !freeze", "two")
		if ids := s.sessions(); ids[0] == ids[len(ids)-1] {
			t.Error("the session from before is used on")
		}
	})
}

// A session is used for as many messages as the room says, and no longer.
func TestRotation(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		how := map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 2, "rotation_period_ms": 7_200_000}
		s.srv.State(s.room, zoeID, "m.room.encryption", "", how)
		b, zoe := s.enter(botID), s.enter(zoeID)
		for _, text := range []string{"1", "2", "3", "4"} {
			b.says(text)
		}
		b.says("5")
		time.Sleep(3 * time.Hour)
		b.says("6")
		b.says("7")
		how["rotation_period_msgs"] = 100
		s.srv.State(s.room, zoeID, "m.room.encryption", "", how)
		b.says("8")
		ids := s.sessions()
		var same []bool
		for i := range ids[1:] {
			same = append(same, ids[i] == ids[i+1])
		}
		if want := []bool{true, false, true, false, false, true, false}; !slices.Equal(same, want) {
			t.Errorf("which messages share a session with the one before: %v, want %v", same, want)
		}
		zoe.wantReads("1", "2", "3", "4", "5", "6", "7", "8")
	})
}

// forgetOlm has the next key make new Olm sessions.
func (m *megolm) forgetOlm(s *stage) {
	s.Helper()
	keys := m.keys.Load()
	err := keys.change(s.Context(), func(w *cryptoWriter) error { return w.dropAll(s.Context(), "olm/") })
	if err != nil {
		s.Fatal(err)
	}
}

// What can't be encrypted for everybody who is known is not said; one server that
// does not answer is nobody's fault.
func TestNotEncryptedIsNotSaid(t *testing.T) {
	var broken atomic.Value // part of a path
	broken.Store("none")
	onStage(t, bottest.MatrixOptions{Hook: func(w http.ResponseWriter, r *http.Request) bool {
		if part, _ := broken.Load().(string); strings.Contains(r.URL.Path, part) {
			http.Error(w, "{}", http.StatusServiceUnavailable)
			return true
		}
		return false
	}}, func(s *stage) {
		zoe := s.enter(zoeID)
		s.srv.Silence(zoeID, true)
		b := s.enter(botID)
		s.srv.Join(s.room, eveID)
		b.says("zoe's server is away")
		zoe.wantReads("…")
		s.enter(eveID)
		for _, part := range []string{"/keys/query", "/keys/claim", "/sendToDevice/"} {
			broken.Store(part)
			b.megolm().rotate(s)
			b.megolm().outdated([]id.UserID{eveID})
			b.megolm().forgetOlm(s)
			synctest.Wait()
			if err := b.say("leaked"); err == nil || !strings.Contains(err.Error(), "can't be encrypted") {
				t.Errorf("%s is down: %v", part, err)
			}
			broken.Store("none")
			b.says("all is well")
		}
		s.srv.Silence(zoeID, false)
		time.Sleep(2 * queryAgain)
		b.says("zoe's server is back")
		if texts := zoe.reads(); texts[len(texts)-1] != "zoe's server is back" {
			t.Errorf("zoe reads %q", texts)
		}
		s.srv.State(s.room, zoeID, "m.room.encryption", "", map[string]any{"algorithm": "org.example.rot13"})
		synctest.Wait()
		if err := b.say("leaked"); err == nil || !strings.Contains(err.Error(), `"org.example.rot13", is none that the bot knows`) {
			t.Errorf("unknown encryption: %v", err)
		}
	})
}
