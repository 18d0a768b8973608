package irc_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// What a person says is handed on, stripped of formatting; everything else that
// looks like it is not (T12, T16, T19).
func TestHeard(t *testing.T) {
	o := modern()
	o.ISupport = []string{"CHANTYPES=#&", "STATUSMSG=@+"}
	const maria = ":maria!u@h PRIVMSG #glance "
	past := time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC).Format(time.RFC3339Nano)
	for _, tt := range []struct{ line, want string }{
		{maria + ":!freeze", "#glance !freeze"},
		{maria + "!freeze", "#glance !freeze"},
		{":maria!u@h PRIVMSG #GLANCE :hello", "#glance hello"},
		{maria + ":\x02bold\x02 \x0304red\x03 \x1fu\x1f", "#glance bold red u"},
		{maria + ":glancebot: freeze", "#glance to me freeze"},
		{maria + ":GlanceBot, freeze", "#glance to me freeze"},
		{maria + ":\x02glancebot\x02: freeze", "#glance to me freeze"},
		{maria + ":glancebot freeze", "#glance glancebot freeze"},
		{maria + ":glancebots: freeze", "#glance glancebots: freeze"},
		{maria + ":glancebot:", ""},
		{maria + ":", ""},
		{maria + ": \x02 \x02", ""},
		{maria, ""},
		{":maria!u@h PRIVMSG glancebot :!freeze", "direct maria !freeze"},
		{":maria!u@h PRIVMSG GLANCEBOT :!freeze", "direct maria !freeze"},
		{":maria@h PRIVMSG glancebot :!freeze", "direct maria !freeze"},
		{"@bot :other!u@h PRIVMSG #glance :!freeze", "#glance robot !freeze"},
		{"@inspircd.org/bot :other!u@h PRIVMSG #glance :!freeze", "#glance robot !freeze"},
		{"@+draft/bot;robot :other!u@h PRIVMSG #glance :!freeze", "#glance !freeze"},
		{"@time=" + time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339Nano) + " " + maria + ":from the future", "#glance from the future"},
		{"@time=garbage " + maria + ":hello", "#glance hello"},

		{":maria!u@h NOTICE #glance :!freeze", ""},
		{":maria!u@h NOTICE glancebot :!freeze", ""},
		{maria + ":\x01ACTION waves\x01", ""},
		{":maria!u@h PRIVMSG glancebot :\x01VERSION\x01", ""},
		{":maria!u@h PRIVMSG glancebot :\x01DCC SEND x 0 0 0", ""},
		{":maria!u@h PRIVMSG @#glance :for the ops", ""},
		{":maria!u@h PRIVMSG #other :hello", ""},
		{":maria!u@h PRIVMSG $$*.test :global", ""},
		{":glancebot!u@h PRIVMSG #glance :my own", ""},
		{":GLANCEBOT!u@h PRIVMSG #glance :my own", ""},
		{":irc.test PRIVMSG glancebot :a server", ""},
		{":irc.test PRIVMSG #glance :a server", ""},
		{"PRIVMSG #glance :nobody", ""},
		{"@account=maria PRIVMSG #glance :nobody", ""},
		{":NickServ!s@services PRIVMSG glancebot :hello", ""},
		{":#glance!u@h PRIVMSG glancebot :hello", ""},
		{":a,b!u@h PRIVMSG glancebot :hello", ""},
		{"@time=" + past + " " + maria + ":said long ago", ""},
	} {
		inWorld(t, o, sasl, func(w *world) {
			w.srv.Raw(tt.line)
			var got []string
			for _, in := range w.take() {
				s := in.Room.Name
				if in.Direct {
					s = "direct " + s
				}
				if in.From.Bot {
					s += " robot"
				}
				if in.Addressed {
					s += " to me"
				}
				got = append(got, s+" "+in.Text)
				if in.Room.Network != "net" || in.From.Network != "net" || in.From.Nick != "maria" && in.From.Nick != "other" {
					t.Errorf("%q: %+v", tt.line, in)
				}
			}
			if s := strings.Join(got, "|"); s != tt.want {
				t.Errorf("%q\n got %q\nwant %q", tt.line, s, tt.want)
			}
			if got := w.lines("NOTICE"); len(got) > 0 {
				t.Errorf("%q was answered with %q", tt.line, got)
			}
		})
	}
}

// Bytes that are no text don't come further than the parser.
func TestNoUTF8(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.srv.Raw("@account=m\xffm :m\xffria!\xff@\xff PRIVMSG #glance :hi \xff\xfe there")
		in := w.last()
		for _, s := range []string{in.Text, in.From.Nick, in.From.Account, in.From.Origin} {
			if !utf8.ValidString(s) || !strings.Contains(s, "\uFFFD") {
				t.Errorf("%q", s)
			}
		}
	})
}

// History that a network plays back at join is not obeyed, nested or not, with
// the clocks of server and bot apart or not (T12).
func TestReplay(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		for _, line := range []string{
			"BATCH +outer chathistory #glance",
			"@batch=outer :irc.test BATCH +inner draft/multiline #glance",
			"@batch=outer;account=maria :maria!u@h PRIVMSG #glance :!old1",
			"@batch=inner;account=maria :maria!u@h PRIVMSG #glance :!old2",
			":irc.test BATCH -inner",
			":irc.test BATCH -outer",
			":irc.test BATCH +z znc.in/playback #glance",
			"@batch=z :maria!u@h PRIVMSG #glance :!old3",
			":irc.test BATCH -z",
			":irc.test BATCH +n netjoin a b",
			"@batch=n :maria!u@h PRIVMSG #glance :!new1",
			"@batch=unknown :maria!u@h PRIVMSG #glance :!new2",
			":irc.test BATCH", ":irc.test BATCH +", ":irc.test BATCH -", ":irc.test BATCH x",
		} {
			w.srv.Raw(line)
		}
		var got []string
		for _, in := range w.take() {
			got = append(got, in.Text)
		}
		if diff := cmp.Diff([]string{"!new1", "!new2"}, got); diff != "" {
			t.Error(diff)
		}
	})
	// A server an hour behind: its 001 says so, and its messages are live.
	o := bottest.IRCOptions{Caps: []string{"server-time"}}
	slow := func() string { return time.Now().Add(-time.Hour).UTC().Format(time.RFC3339Nano) }
	o.Hook = func(c *bottest.IRCConn, command string, params []string) bool {
		if command == "CAP" && params[0] == "END" {
			c.Send("@time=%s :irc.test 001 glancebot :Welcome", slow())
			c.Numeric("422", ":no motd")
			return true
		}
		return false
	}
	inWorld(t, o, nil, func(w *world) {
		w.srv.Raw("@time=" + slow() + " :maria!u@h PRIVMSG #glance :live")
		w.srv.Raw("@time=" + time.Now().Add(-2*time.Hour).UTC().Format(time.RFC3339Nano) + " :maria!u@h PRIVMSG #glance :old")
		if got := w.take(); len(got) != 1 || got[0].Text != "live" {
			t.Errorf("heard %+v", got)
		}
	})
}

// A batch that is never closed, a thousand times, costs nothing that grows.
func TestOpenBatches(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		for i := range 1000 {
			w.srv.Raw(":irc.test BATCH +b" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + " chathistory #glance")
		}
		w.srv.Say("maria", "#glance", "hello")
		if got := w.last(); got.Text != "hello" {
			t.Errorf("heard %+v", got)
		}
	})
}

// Answers go where the question came from, and nowhere else.
func TestReply(t *testing.T) {
	inWorld(t, modern(), sasl, func(w *world) {
		w.answer = true
		w.srv.User("maria")
		w.srv.Say("maria", "#glance", "in the room")
		w.srv.Say("maria", "glancebot", "in private")
		w.take()
		if diff := cmp.Diff([]string{"in the room"}, w.srv.Said("#glance")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"in private"}, w.srv.Said("maria")); diff != "" {
			t.Error(diff)
		}
		w.sleep(15 * time.Second)
		before, _ := w.srv.Received()
		for _, name := range []string{"#other", "a b", "a,b", ":a", "", "a\r\nQUIT", "@#glance", "$*"} {
			w.irc.Reply(bot.Incoming{Room: bot.Room{Network: "net", Name: name}}, say("hello"), time.Now())
		}
		w.irc.Reply(bot.Incoming{Room: bot.Room{Network: "other", Name: "#glance"}}, say("hello"), time.Now())
		w.sleep(30 * time.Second)
		if after, _ := w.srv.Received(); len(after) != len(before) {
			t.Errorf("sent %q", after[len(before):])
		}
	})
}
