package irc_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// traps are the ways in which girc v1.1.1 was measured to fail a bot, each with
// the tests that show this package not failing so, or why it can't.
var traps = map[string]struct {
	what  string
	tests []string
	cant  string
}{
	"T1":  {"its splitter panics on hostile text", []string{"TestHostileTexts"}, ""},
	"T2":  {"its lines overflow when text has more bytes than runes", []string{"TestHostileTexts", "TestFitsTheMask"}, ""},
	"T3":  {"its splitter loses characters", []string{"TestHostileTexts", "TestFitsTheMask"}, ""},
	"T4":  {"ISUPPORT LINELEN stops its splitting", []string{"TestGarbledEcho"}, "LINELEN is not read"},
	"T5":  {"line ends, NUL, spaces in targets and CTCP framing leave", []string{"TestHostileTexts", "TestReply", "TestGate"}, ""},
	"T6":  {"nobody knows whether a line arrived", []string{"TestDeliver", "TestConnectionLost", "TestGivenUp"}, ""},
	"T7":  {"its limiter lets concurrent senders reorder", []string{"TestRanks"}, ""},
	"T8":  {"its limiter stalls the reader, PONG waits for replies", []string{"TestRanks", "TestStorms"}, ""},
	"T9":  {"the same nick again and again, a failed regain renames", []string{"TestNickRefusedAtStart", "TestRegainRefused"}, ""},
	"T10": {"a refused capability loses the login; long passwords fail", []string{"TestCapabilityRefused", "TestLoginFails", "TestSASLChunks"}, ""},
	"T11": {"an account once seen is believed for ever", []string{"TestAccountTag", "TestStolenNick", "TestMembers", "TestAccountIsVoid"}, ""},
	"T12": {"replayed history is obeyed", []string{"TestReplay", "TestHeard"}, ""},
	"T13": {"a WHO for each JOIN", []string{"TestStorms", "TestOneWho"}, ""},
	"T14": {"lists of channels lose some, a kick kicks twice", []string{"TestFortyRooms"}, "the bot kicks nobody"},
	"T15": {"an empty or endless line ends the connection", []string{"TestMalformedLines", "TestEndlessLine"}, ""},
	"T16": {"lines that make it panic, and wedge", []string{"TestMalformedLines", "TestMalformedRegistration", "TestUnaskedLogin", "TestWedged", "FuzzServerLine"}, ""},
	"T17": {"races between its calls", []string{"TestConcurrentUse"}, "its Client is not used"},
	"T18": {"TLS without a server name, a dial that can't be ended", []string{"TestTLS", "TestLeaveWhileConnecting"}, ""},
	"T19": {"casemapping, STATUSMSG, CTCP answers, a QUIT that nobody hears", []string{"TestCasemapping", "TestHeard", "TestLeave"}, "channel modes are not tracked"},
}

// Every trap has its tests, and they exist.
func TestTraps(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	exists := make(map[string]bool)
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				exists[fn.Name.Name] = true
			}
		}
	}
	for i := range 19 {
		trap, ok := traps[fmt.Sprintf("T%d", i+1)]
		if !ok || len(trap.tests) == 0 && trap.cant == "" {
			t.Errorf("T%d has neither test nor reason", i+1)
		}
		for _, name := range trap.tests {
			if !exists[name] {
				t.Errorf("T%d: there is no %s", i+1, name)
			}
		}
	}
}

// Everything may be called from anywhere at any time (T17; run with -race).
func TestConcurrentUse(t *testing.T) {
	inWorld(t, modern(), unpaced, func(w *world) {
		w.answer = true
		var wg sync.WaitGroup
		ctx := w.Context()
		for i := range 4 {
			wg.Go(func() {
				for range 20 {
					w.irc.Status()
					w.irc.Ready(glance)
					p, _ := w.irc.Render(glance, say("hello %d", i), time.Now())
					_ = w.irc.Deliver(ctx, "id", glance, p)
					w.srv.Say(fmt.Sprintf("nick%d", i), "#glance", "hello")
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		for range 4 {
			time.Sleep(500 * time.Millisecond)
			w.srv.Kick("#glance", "maria", "")
			w.srv.Drop()
		}
		wg.Wait()
		w.sleep(40 * time.Minute)
		w.wantReady(true)
	})
}

// A bot that is told to leave while it connects leaves (T18).
func TestLeaveWhileConnecting(t *testing.T) {
	o := modern()
	inWorld(t, hold(o, "CAP"), sasl, func(w *world) {
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("leaving took %s", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, o, nil)
		w.srv.Down(true)
		w.run()
		w.sleep(time.Hour)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > time.Second {
			t.Errorf("leaving took %s", took)
		}
	})
}

// The password is in no log even when a server plays back what it was told.
func TestNoSecretInStatus(t *testing.T) {
	o := oftc()
	o.Accounts = map[string]string{"other": "x"}
	inWorld(t, o, nickServ, func(w *world) { // inWorld looks through the log
		w.sleep(20 * time.Minute)
		if got := fmt.Sprintf("%+v", w.irc.Status()); strings.Contains(got, "secret") {
			t.Error(got)
		}
	})
}
