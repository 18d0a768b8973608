package ircd

import (
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// verdict is a test that records how it ended instead of ending.
type verdict struct {
	testing.TB
	got string
}

func (v *verdict) Helper()               {}
func (v *verdict) Skip(...any)           { v.got = "skipped"; runtime.Goexit() }
func (v *verdict) Fatalf(string, ...any) { v.got = "failed"; runtime.Goexit() }

func TestRequire(t *testing.T) {
	for _, tc := range []struct{ name, env, program, want string }{
		{"missing", "", "no-such-ircd", "skipped"},
		{"missing but required", "required", "no-such-ircd", "failed"},
		{"there", "required", "sh", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv(requiredEnv, tc.env)
			v, done := &verdict{TB: t}, make(chan struct{})
			go func() {
				defer close(done)
				Require(v, tc.program)
			}()
			<-done
			if v.got != tc.want {
				t.Errorf("got %q, want %q", v.got, tc.want)
			}
		})
	}
}

func TestParseLine(t *testing.T) {
	for _, tc := range []struct {
		raw  string
		want Line
	}{
		{"PING :a b", Line{Command: "PING", Params: []string{"a b"}}},
		{":n!u@h privmsg #c ::)", Line{Source: "n!u@h", Command: "PRIVMSG", Params: []string{"#c", ":)"}}},
		{":s 005 me A=:b C :are supported", Line{Source: "s", Command: "005", Params: []string{"me", "A=:b", "C", "are supported"}}},
		{`@account=z;time=1\:\s\\ :s 900`, Line{Tags: map[string]string{"account": "z", "time": `1; \`}, Source: "s", Command: "900", Params: []string{}}},
		{"", Line{}},
	} {
		tc.want.Raw = tc.raw
		if diff := cmp.Diff(tc.want, parseLine(tc.raw, time.Time{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.raw, diff)
		}
	}
}

func TestOFTCRewrites(t *testing.T) {
	for _, tc := range []struct {
		name            string
		rewrite         func(string) (string, string)
		line            string
		forward, answer string
	}{
		{"list without version", oftcToServer, "CAP LS 302", "CAP LS", ""},
		{"known capability", oftcToServer, "CAP REQ :multi-prefix", "CAP REQ :multi-prefix", ""},
		{"unknown capability", oftcToServer, "CAP REQ sasl", "", ":irc.test.example CAP * NAK :sasl"},
		{"password first", oftcToServer, "PRIVMSG nickserv :identify pw nick", "PRIVMSG NickServ :IDENTIFY nick pw", ""},
		{"password alone", oftcToServer, "PRIVMSG NickServ :IDENTIFY pw", "PRIVMSG NickServ :IDENTIFY pw", ""},
		{"talk", oftcToServer, "PRIVMSG #c :IDENTIFY a b", "PRIVMSG #c :IDENTIFY a b", ""},
		{"offer", oftcToClient, ":s CAP * LS :away-notify multi-prefix", ":s CAP * LS :multi-prefix", ""},
		{"tokens", oftcToClient, ":s 005 me WHOX A=1 MONITOR=50 BOT=B :are", ":s 005 me A=1 :are", ""},
		{"said", oftcToClient, ":n PRIVMSG me :005 WHOX", ":n PRIVMSG me :005 WHOX", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			forward, answer := tc.rewrite(tc.line)
			if forward != tc.forward || answer != tc.answer {
				t.Errorf("got %q and %q, want %q and %q", forward, answer, tc.forward, tc.answer)
			}
		})
	}
}
