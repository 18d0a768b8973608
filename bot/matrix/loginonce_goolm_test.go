//go:build goolm

package matrix

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// cutOff fails one request: before it was sent, or when it was answered.
type cutOff struct {
	http.RoundTripper
	answered bool

	mu        sync.Mutex
	count, at int
}

func (c *cutOff) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.count++
	here := c.count == c.at
	c.mu.Unlock()
	if !here {
		return c.RoundTripper.RoundTrip(r)
	}
	if c.answered {
		if resp, err := c.RoundTripper.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
	} else if r.Body != nil {
		r.Body.Close()
	}
	return nil, errors.New("the connection is gone")
}

// Wherever Login is cut off, the next one ends with a verified device, and
// somebody has the account's recovery key.
func TestLoginCutOff(t *testing.T) {
	for _, answered := range []bool{false, true} {
		for at, whole := 1, false; !whole; at++ {
			onStage(t, bottest.MatrixOptions{}, func(s *stage) {
				b := s.speaker(botID)
				cut := &cutOff{RoundTripper: b.client, at: at, answered: answered}
				b.client = cut
				err := b.logIn()
				cut.mu.Lock()
				whole, cut.at = cut.count < at, 0
				cut.mu.Unlock()
				if whole && err != nil {
					t.Fatalf("login with nothing cut off: %v", err)
				}
				if err != nil {
					if err := b.logIn(); err != nil {
						t.Fatalf("login after request %d was cut off (answered %v): %v\n%s", at, answered, err, strings.Join(b.person.said, "\n"))
					}
				}
				b.start()
				b.ready()
				if trust := b.Status().Trust; trust != crossSigned {
					t.Errorf("request %d cut off (answered %v): trust %q", at, answered, trust)
				}
				b.end()
				if len(b.person.keys) == 0 {
					t.Fatalf("request %d cut off (answered %v): nobody has a recovery key", at, answered)
				}
				// The last that was shown is the account's.
				other := s.speaker(botID)
				other.person.answers = b.person.keys[len(b.person.keys)-1:]
				if err := other.logIn(); err != nil {
					t.Errorf("request %d cut off (answered %v): login with the recovery key: %v\n%s", at, answered, err, strings.Join(other.person.said, "\n"))
				}
			})
			if t.Failed() {
				return
			}
			if at > 60 {
				t.Fatal("login does not end")
			}
		}
	}
}

// What a second Login asks for depends on what is lost.
func TestLoginSecond(t *testing.T) {
	for _, tc := range []struct {
		name    string
		before  func(b *speaker)
		answers []string // KEY is the recovery key
		want    string   // of the error; empty: none
		keys    int      // recovery keys shown by the second
	}{
		{"all is well", func(*speaker) {}, nil, "", 0},
		{"store lost, key at hand", func(b *speaker) { b.store = bottest.NewStore() }, []string{"KEY"}, "", 0},
		{"store lost, key mistyped", func(b *speaker) { b.store = bottest.NewStore() }, []string{"EsTx", "x", " KEY "}, "", 0},
		{"store lost, key wrong", func(b *speaker) { b.store = bottest.NewStore() }, []string{"EsTx", "x", "y"}, "did not fit", 0},
		{"store and key lost", func(b *speaker) { b.store = bottest.NewStore() }, []string{"", "reset"}, "", 1},
		{"store and key lost, no reset", func(b *speaker) { b.store = bottest.NewStore() }, []string{"", "no"}, "not verified", 0},
		{"nobody to ask", func(b *speaker) { b.store = bottest.NewStore() }, nil, "nobody is there", 0},
		{"encryption's keys lost", func(b *speaker) { b.drop("crypto/") }, []string{"KEY"}, "", 0},
		{"login lost", func(b *speaker) { b.drop("login") }, nil, "", 0},
		{"device removed", func(b *speaker) { b.srv.RemoveDevice(botID, b.srv.Devices(botID)[0]) }, nil, "", 0},
		{"identity replaced", func(b *speaker) { b.srv.ReplaceIdentity(botID, strings.Repeat("A", 43)) }, []string{"", "reset"}, "", 1},
		{"identity replaced, old key", func(b *speaker) { b.srv.ReplaceIdentity(botID, strings.Repeat("A", 43)) }, []string{"KEY", "reset"}, "", 1},
		{"store's key is another", func(b *speaker) { b.conf.Key = []byte("another key of thirty-two bytes.") }, []string{"forget", "KEY"}, "", 0},
		{"store's key is another, kept", func(b *speaker) { b.conf.Key = []byte("another key of thirty-two bytes.") }, []string{""}, "put the old key back", 0},
		{"wrong password for the new identity", func(b *speaker) {
			b.store = bottest.NewStore()
			b.conf.Token, b.conf.Password = b.srv.Token(botID, "NEW"), "wrong"
		}, []string{"", "reset"}, "does not take the password", 0},
		{"token, password asked for", func(b *speaker) {
			b.store = bottest.NewStore()
			b.conf.Token, b.conf.Password = b.srv.Token(botID, "NEW"), ""
		}, []string{"", "reset", bottest.MatrixPassword(botID)}, "", 1},
		{"token, nobody has the password", func(b *speaker) {
			b.store = bottest.NewStore()
			b.conf.Token, b.conf.Password = b.srv.Token(botID, "NEW"), ""
		}, []string{"", "reset", ""}, "needs the account's password", 0},
		{"token of a device whose keys are lost", func(b *speaker) {
			b.store = bottest.NewStore()
			b.conf.Token, b.conf.Password = b.srv.Token(botID, b.srv.Devices(botID)[0]), ""
		}, nil, "access token of a new login", 0},
		{"token that ended", func(b *speaker) { b.conf.Token = "token_of_nobody" }, nil, "put a new access token", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, bottest.MatrixOptions{}, func(s *stage) {
				b := s.enter(botID)
				b.says("hello")
				b.end()
				key := b.person.keys[0]
				tc.before(b)
				b.person = new(testPerson)
				for _, a := range tc.answers {
					b.person.answers = append(b.person.answers, strings.ReplaceAll(a, "KEY", key))
				}
				err := b.logIn()
				if tc.want != "" {
					if err == nil || !strings.Contains(err.Error(), tc.want) {
						t.Errorf("login: %v, want %q\n%s", err, tc.want, strings.Join(b.person.said, "\n"))
					}
					return
				}
				if err != nil {
					t.Fatalf("login: %v\n%s", err, strings.Join(b.person.said, "\n"))
				}
				if len(b.person.keys) != tc.keys || len(b.person.answers) > 0 {
					t.Errorf("%d recovery keys shown, want %d; not asked for: %q", len(b.person.keys), tc.keys, b.person.answers)
				}
				b.start()
				b.ready()
				if trust := b.Status().Trust; trust != crossSigned {
					t.Errorf("trust %q", trust)
				}
				b.says("hello again")
				b.person.keys = append(b.person.keys, key)
			})
		})
	}
}

// drop deletes what is stored of the network below a prefix.
func (sp *speaker) drop(prefix string) {
	sp.Helper()
	if err := dropAll(sp.Context(), sp.store, "matrix/main/"+prefix); err != nil {
		sp.Fatal(err)
	}
}

// A bot whose device is not what it was says so, with the way out, and neither
// makes a device of its own nor says a word in an encrypted room.
func TestStartSaysWhatIsWrong(t *testing.T) {
	const login = "run torchbearer login -config FILE main"
	for _, tc := range []struct {
		name   string
		before func(b *speaker)
		want   []string // of the detail, or the trust
		runs   bool
	}{
		{"never logged in", func(b *speaker) { b.store = bottest.NewStore() }, []string{"not logged in yet: ", login}, false},
		{"encryption's keys lost", func(b *speaker) { b.drop("crypto/") }, []string{"the store has no encryption keys of this device", login}, false},
		{"store's key is another", func(b *speaker) { b.conf.Key = []byte("another key of thirty-two bytes.") }, []string{"put the old key back"}, false},
		{"no store's key", func(b *speaker) { b.conf.Key = nil }, []string{"store's key has 0 bytes"}, false},
		{"token of another device", func(b *speaker) { b.conf.Token = b.srv.Token(botID, "OTHER") }, []string{"device OTHER is not ready for encryption", login}, false},
		{"token that ended", func(b *speaker) { b.conf.Token = "token_of_nobody" }, []string{"put a new access token into the configuration"}, false},
		{"device removed", func(b *speaker) { b.srv.RemoveDevice(botID, b.srv.Devices(botID)[0]) }, []string{"and the device with it", "torchbearer login"}, false},
		{"keys gone from the server", func(b *speaker) {
			device := b.srv.Devices(botID)[0]
			b.srv.RemoveDevice(botID, device)
			b.conf.Token = b.srv.Token(botID, device)
		}, []string{"the server no longer has the keys of device DEVICE", login}, false},
		{"another store has the device", func(b *speaker) {
			device := b.srv.Devices(botID)[0]
			b.srv.RemoveDevice(botID, device)
			b.conf.Token = b.srv.Token(botID, device)
			thief := b.speaker(botID)
			thief.conf.Token, thief.conf.Password = b.conf.Token, ""
			thief.person.answers = b.person.keys
			if err := thief.logIn(); err != nil {
				b.Fatal(err)
			}
		}, []string{"the server has encryption keys of this device that are not in the store", login}, false},
		{"identity replaced", func(b *speaker) { b.srv.ReplaceIdentity(botID, strings.Repeat("A", 43)) }, []string{"identity was replaced", login}, true},
		{"never signed", func(b *speaker) { b.srv.Unsign(botID) }, []string{"device not verified: ", login}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			onStage(t, bottest.MatrixOptions{}, func(s *stage) {
				b := s.enter(botID)
				zoe := s.enter(zoeID)
				b.end()
				tc.before(b)
				devices := s.srv.Devices(botID)
				b.start()
				time.Sleep(time.Hour)
				st := b.Status()
				told := st.Detail
				if tc.runs {
					told = st.Trust
				}
				for _, want := range tc.want {
					if !strings.Contains(told, want) {
						t.Errorf("told %q, want %q", told, want)
					}
				}
				if tc.runs {
					b.says("all the same")
					zoe.hears(botID + " all the same")
				} else if err := b.say("leaked"); !errors.Is(err, bot.ErrNotReady) {
					t.Errorf("delivery: %v", err)
				}
				if now := s.srv.Devices(botID); !slices.Equal(now, devices) {
					t.Errorf("devices %q, were %q", now, devices)
				}
			})
		})
	}
}

// An identity that is replaced while the bot runs shows in its status.
func TestIdentityReplacedMeanwhile(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b := s.enter(botID)
		s.srv.ReplaceIdentity(botID, strings.Repeat("A", 43))
		time.Sleep(time.Minute)
		if trust := b.Status().Trust; !strings.Contains(trust, "was replaced") {
			t.Errorf("trust %q", trust)
		}
	})
}

// Without encryption Login logs in and no more.
func TestLoginWithoutEncryption(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b := s.speaker(botID)
		b.conf.Encryption = false
		if err := b.logIn(); err != nil || len(b.person.keys) > 0 {
			t.Errorf("login: %v, %d keys", err, len(b.person.keys))
		}
		if devices := s.srv.Devices(botID); len(devices) > 0 {
			t.Errorf("devices with keys: %q", devices)
		}
		b.conf.Encryption = true
		if err := b.logIn(); err != nil || len(b.person.keys) != 1 {
			t.Errorf("login with encryption: %v, %d keys\n%s", err, len(b.person.keys), strings.Join(b.person.said, "\n"))
		}
		b.start()
		b.ready()
		b.says("hello")
	})
}
