//go:build goolm

package matrix

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
)

// harms are what happens to a room and to a bot, in any order. None may have a
// word said in clear that should not be.
var harms = map[string]func(s *stage, b *speaker){
	"say":           func(s *stage, b *speaker) { _ = b.say("a word") },
	"be asked":      func(s *stage, b *speaker) { s.srv.Say(s.room, zoeID, "!freeze") },
	"restart":       func(s *stage, b *speaker) { b.end(); b.start() },
	"be killed":     func(s *stage, b *speaker) { b.kill(); b.start() },
	"wait":          func(s *stage, b *speaker) { time.Sleep(time.Minute) },
	"wait long":     func(s *stage, b *speaker) { time.Sleep(3 * time.Hour) },
	"lose rooms":    func(s *stage, b *speaker) { b.lose("room/"); b.start() },
	"lose members":  func(s *stage, b *speaker) { b.lose("member/"); b.start() },
	"lose token":    func(s *stage, b *speaker) { b.lose("sync"); b.start() },
	"lose keys":     func(s *stage, b *speaker) { b.lose("crypto/"); b.start() },
	"lose sessions": func(s *stage, b *speaker) { b.lose("crypto/outbound/"); b.start() },
	"lose login":    func(s *stage, b *speaker) { b.lose("login"); b.start() },
	"lose all":      func(s *stage, b *speaker) { b.lose(""); b.start() },
	"log in":        func(s *stage, b *speaker) { b.end(); b.mend(); b.start() },
	"encrypt":       func(s *stage, b *speaker) { s.encrypt() },
	"encrypt, away": func(s *stage, b *speaker) { b.end(); s.encrypt(); b.start() },
	"encrypt, gap": func(s *stage, b *speaker) {
		b.end()
		s.encrypt()
		for range 60 {
			s.srv.Say(s.room, zoeID, "hello")
		}
		b.start()
	},
	"take encryption back": func(s *stage, b *speaker) {
		s.srv.State(s.room, zoeID, "m.room.encryption", "", map[string]any{})
	},
	"no more encryption": func(s *stage, b *speaker) {
		b.end()
		b.conf.Encryption = false
		b.start()
	},
	"encryption again": func(s *stage, b *speaker) {
		b.end()
		b.conf.Encryption = true
		b.start()
	},
	"somebody comes": func(s *stage, b *speaker) { s.srv.Join(s.room, eveID) },
	"somebody goes":  func(s *stage, b *speaker) { s.srv.Leave(s.room, eveID) },
	"be removed":     func(s *stage, b *speaker) { s.srv.Leave(s.room, botID); time.Sleep(time.Hour) },
	"server restart": func(s *stage, b *speaker) { s.srv.Stop(); time.Sleep(time.Minute); s.srv.Start(true) },
}

// lose ends the speaker and deletes what is stored below a prefix.
func (sp *speaker) lose(prefix string) {
	sp.end()
	sp.drop(prefix)
}

// mend runs Login with the last recovery key, or begins anew.
func (sp *speaker) mend() {
	sp.Helper()
	if !sp.conf.Encryption {
		return
	}
	sp.person.answers = []string{"", "reset"}
	if n := len(sp.person.keys); n > 0 {
		sp.person.answers = []string{sp.person.keys[n-1], "reset"}
	}
	if err := sp.logIn(); err != nil {
		sp.Errorf("login: %v\n%s", err, strings.Join(sp.person.said, "\n"))
	}
}

// Whatever happens in whatever order, no clear event reaches an encrypted room;
// and once the bot is mended, what it says there arrives encrypted.
func TestNothingLeaks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ops := rapid.SliceOfN(rapid.SampledFrom(names(harms)), 1, 5).Draw(rt, "ops")
		wrong := ""
		onClearStage(t, bottest.MatrixOptions{}, func(s *stage) {
			b := s.speaker(botID)
			b.mend()
			b.start()
			for _, op := range ops {
				harms[op](s, b)
				synctest.Wait()
				_ = b.say("after " + op)
			}
			s.encrypt()
			b.end()
			b.conf.Encryption = true
			b.mend()
			b.start()
			time.Sleep(time.Hour)
			if err := b.say("mended"); err != nil {
				wrong = fmt.Sprintf("not mended: %v\n%+v\n%s", err, b.Status(), b.logged())
			}
			if said := s.leaked(); len(said) > 0 {
				wrong = fmt.Sprintf("said in clear: %q", said)
			}
		})
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

func names(m map[string]func(*stage, *speaker)) []string {
	return slices.Sorted(maps.Keys(m))
}

// The server's answers about keys may fail at any time: then nothing is said.
func TestNothingLeaksWhenKeysFail(t *testing.T) {
	for _, path := range []string{"/keys/query", "/keys/claim", "/keys/upload", "/sendToDevice/", "/state", "/sync"} {
		var broken atomic.Bool
		onStage(t, bottest.MatrixOptions{Hook: func(w http.ResponseWriter, r *http.Request) bool {
			if broken.Load() && strings.Contains(r.URL.Path, path) {
				http.Error(w, "{}", http.StatusBadGateway)
				return true
			}
			return false
		}}, func(s *stage) {
			b, zoe := s.enter(botID), s.enter(zoeID)
			broken.Store(true)
			for _, op := range []string{"be asked", "somebody comes", "say", "restart", "say", "lose members", "say", "lose rooms", "say", "be removed", "say"} {
				harms[op](s, b)
				synctest.Wait()
			}
			broken.Store(false)
			time.Sleep(time.Hour)
			b.says("all is well")
			if texts := zoe.reads(); texts[len(texts)-1] != "all is well" {
				t.Errorf("%s failed: zoe reads %q", path, texts)
			}
		})
	}
}
