package matrix_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
)

// The bot logs in once, and keeps its device when the server ends its login.
func TestDeviceStays(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		device := w.Status().Login
		for range 3 {
			w.end()
			w.start()
		}
		w.want("logins", w.asked("login"), 1)
		w.srv.Logout()
		time.Sleep(time.Minute)
		w.ready()
		w.want("logins", w.asked("login"), 2)
		w.want("device", w.Status().Login, device)
	})
}

// A device that the configuration names is used.
func TestDeviceOfTheConfiguration(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.conf.DeviceID = "TORCH"
		w.start()
		w.want("login", w.Status().Login, me+", device TORCH")
	})
}

// A token of the configuration needs no login; that it is no longer valid is
// said, with the way out, and tried again seldom.
func TestToken(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.conf.Password, w.conf.Token = "", w.srv.Token(me, "OURS")
		w.start()
		w.ready()
		w.want("login", w.Status().Login, me+", device OURS")
		w.srv.Logout()
		synctest.Wait()
		st := w.Status()
		w.want("detail", st.Detail, "the login is no longer valid: the server has ended it: put a new access token into the configuration")
		w.want("login", st.Login, "")
		if st.Connected || time.Until(st.Retry) < 9*time.Minute {
			t.Errorf("status %+v", st)
		}
		w.want("logins", w.asked("login"), 0)
	})
}

// What is wrong with a login is said.
func TestWrongLogin(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		change     func(w *world)
	}{
		{"password", "login refused: user or password is wrong (M_FORBIDDEN)", func(w *world) { w.conf.Password = "wrong" }},
		{"nothing", "not logged in: the configuration has neither password nor token", func(w *world) { w.conf.Password = "" }},
		{"token of another", "the token belongs to @zoe:test.example, and not to @glancebot:test.example: correct user or token in the configuration", func(w *world) {
			w.conf.Token = w.srv.Token(zoe, "HERS")
		}},
		{"server down", "connection refused", func(w *world) { w.srv.Stop() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				tc.change(w)
				w.start()
				time.Sleep(10 * time.Second)
				if got := w.Status().Detail; got != tc.want && tc.name != "server down" || got == "" || strings.Contains(got, "http") {
					t.Errorf("detail %q, want %q", got, tc.want)
				}
				w.want("ready", w.Ready(glance), false)
			})
		})
	}
}

// An account that the server has locked, and one whose logins it limits.
func TestAccountTroubles(t *testing.T) {
	var answer shared[string]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		if answer.get() == "" {
			return false
		}
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = rw.Write([]byte(answer.get()))
		return true
	}}, func(w *world) {
		w.start()
		w.ready()
		answer.set(`{"errcode":"M_USER_LOCKED","error":"locked","soft_logout":true}`)
		w.srv.Say(w.room, zoe, "hello")
		time.Sleep(time.Minute)
		w.want("detail", w.Status().Detail, "the bot's account is locked: ask the server's administrators")
		answer.set("")
		time.Sleep(20 * time.Minute)
		w.ready()
		w.want("logins", w.asked("login"), 1)
	})
}

// A homeserver that goes and comes is waited for, and costs no login.
func TestServerGoesAndComes(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		for range 3 {
			w.srv.Stop()
			time.Sleep(time.Minute)
			w.want("connected", w.Status().Connected, false)
			w.srv.Start(true)
			time.Sleep(5 * time.Minute)
			w.ready()
		}
		w.srv.Say(w.room, zoe, "!freeze")
		w.want("said", w.said(w.room), []string{"re: !freeze"})
		w.want("logins", w.asked("login"), 1)
	})
}

// A build without encryption does not pretend, and one with it makes no device
// that nobody has verified.
func TestEncryptionIsRefused(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.conf.Encryption = true
		w.start()
		if !matrix.Encryption() {
			if w.err == nil || !strings.Contains(w.err.Error(), "-tags goolm") {
				t.Errorf("runs with encryption, without any: %v", w.err)
			}
		} else {
			w.want("why", w.Status().Detail, "not logged in yet: run torchbearer login -config FILE main")
			w.want("logins", w.asked("login"), 0)
			w.end()
			w.want("end", w.err, nil)
		}
		bad := matrix.New(matrix.Options{Config: matrix.Config{Network: "main", Homeserver: "://", User: me}, Store: w.store})
		if err := bad.Run(w.Context(), w); err == nil {
			t.Error("runs without an address")
		}
	})
}
