package irc_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// hostileTexts are the team's collection of texts that break bots.
func hostileTexts(t testing.TB) (texts []string) {
	t.Helper()
	b, err := os.ReadFile("../msg/testdata/hostile-subjects.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		col := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(col) != 5 {
			continue
		}
		var text strings.Builder
		for s := col[4]; s != ""; {
			if strings.HasPrefix(s, `\x`) {
				n, err := strconv.ParseUint(s[2:4], 16, 8)
				if err != nil {
					t.Fatal(err)
				}
				text.WriteByte(byte(n))
				s = s[4:]
				continue
			}
			s = strings.TrimPrefix(s, `\`)
			text.WriteByte(s[0])
			s = s[1:]
		}
		texts = append(texts, text.String())
	}
	if len(texts) < 60 {
		t.Fatalf("%d hostile texts", len(texts))
	}
	return texts
}

// wantHarmless checks everything that has left for the wire.
func (w *world) wantHarmless() {
	w.Helper()
	lines, _ := w.srv.Received()
	for _, line := range lines {
		body := line
		if strings.HasPrefix(body, "@") {
			_, body, _ = strings.Cut(body, " ")
		}
		command, rest, _ := strings.Cut(body, " ")
		bad := ""
		switch command {
		case "CAP", "NICK", "USER", "AUTHENTICATE", "MODE", "MONITOR", "ISON", "WHOIS", "PART", "PING", "PONG":
		case "WHO":
			if rest != "#glance" && rest != "#glance %tcuhnfa,7" {
				bad = "asks about another room"
			}
		case "JOIN":
			if rest != "#glance" {
				bad = "joins another room"
			}
		case "PRIVMSG":
			target, text, ok := strings.Cut(rest, " :")
			if !ok || target == "" || strings.ContainsAny(target, " ,:@$") || text == "" {
				bad = "odd target"
			}
			if n := len(":glancebot!~torchbearer@bot.example " + body + "\r\n"); n > 512 {
				bad = "over 512 bytes as relayed"
			}
			for _, r := range text {
				if r < ' ' || r == 0x7f || r == 0x2028 || 0x80 <= r && r < 0xa0 {
					bad = "control character"
				}
			}
		case "QUIT":
			if rest != ":Leaving" {
				bad = "quits with other words"
			}
		default:
			bad = "not a command of ours"
		}
		if command != "PONG" && (!utf8.ValidString(line) || strings.ContainsAny(line, "\r\x00")) {
			bad = "bytes that are no text"
		}
		if len(body)+2 > 512 {
			bad = "over 512 bytes"
		}
		if bad != "" {
			w.Errorf("%s: %q", bad, line)
		}
	}
}

// Hostile texts as messages, nicks and announcements: nothing is injected,
// nothing is too long, and each message arrives whole (T1, T2, T3, T5).
func TestHostileTexts(t *testing.T) {
	texts := hostileTexts(t)
	for _, n := range []int{380, 395, 400, 409, 420, 440, 460, 500} { // where girc's splitter panics
		texts = append(texts, strings.Repeat("a", n)+" 50%!", strings.Repeat("a ", n/2)+"50%!", strings.Repeat("\x02bold", n/5)+" https://x/%zz", strings.Repeat("漢字", n))
	}
	for name, o := range networks() {
		t.Run(name, func(t *testing.T) {
			inWorld(t, o, unpaced, func(w *world) {
				w.answer = true
				for _, text := range texts {
					oneLine := strings.NewReplacer("\r", " ", "\n", " ", "\x00", "").Replace(text)
					w.srv.Say("maria", "#glance", oneLine)
					w.srv.Raw(":" + strings.ReplaceAll(oneLine, " ", "") + "!u@h PRIVMSG #glance :nick")
					w.srv.Raw(":" + strings.ReplaceAll(oneLine, " ", "") + "!u@h PRIVMSG glancebot :nick")
					w.srv.Raw(":maria!u@h KICK #glance somebody :" + oneLine)
					synctest.Wait()

					payload, err := w.irc.Render(glance, say("Change: %s", text), time.Now())
					if err != nil {
						t.Errorf("%q: %v", text, err)
						continue
					}
					if err := w.irc.Deliver(w.Context(), "id", glance, payload); err != nil {
						t.Errorf("%q: %v", text, err)
					}
					var want []string
					if err := json.Unmarshal(payload, &want); err != nil {
						t.Fatal(err)
					}
					said := w.srv.Said("#glance")
					if got := strings.Join(said[len(said)-len(want):], "\n"); got != strings.Join(want, "\n") {
						t.Errorf("said %q\nwant %q", got, want)
					}

					// As if an older version had stored it unrendered.
					raw, err := json.Marshal([]string{text, text + text})
					if err != nil {
						t.Fatal(err)
					}
					err = w.irc.Deliver(w.Context(), "id", glance, raw)
					var refusal *bot.Refusal
					if err != nil && !(errors.As(err, &refusal) && refusal.Final) {
						t.Errorf("%q: %v", text, err)
					}
				}
				w.wantHarmless()
				if n := len(w.srv.Dials()); n != 1 {
					t.Errorf("%d connections", n)
				}
				if strings.Contains(w.logged(), "line not sent") {
					t.Error("the gate had to refuse a line")
				}
			})
		})
	}
}

// FuzzServerLine plays a malicious server. Whatever it sends, the bot doesn't
// crash, sends nothing that isn't its own, and comes back.
func FuzzServerLine(f *testing.F) {
	for _, seed := range []string{
		"PING :x", ":x 433 * glancebot :no", "CAP * LS :sasl", "@batch=a;label=s1 :m!u@h PRIVMSG #glance :x",
		":glancebot!u@h NICK :other\r\n:other!u@h PART #glance", ":x 005 a CHANTYPES=# CASEMAPPING=ascii BOT=B MONITOR=1 :y", "ERROR :K-Lined",
		":m!u@h PRIVMSG glancebot :help\r\n:m!u@h QUIT", "BATCH +a chathistory\r\n@batch=a :m!u@h PRIVMSG #glance :x", ":x 396 glancebot a@b", ":x 001 x", ":op!u@h KICK #glance glancebot :out",
		":m!u@h INVITE glancebot #glance", ":glancebot!u@h JOIN #x", ":x 404 a #glance :no", ":x 901 a b :c", "@account=m;time=2000-01-01T00:00:00.000Z :m!u@h PRIVMSG #glance :glancebot: x", ":x 731 a :glancebot!u@h",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, input []byte, early bool) {
		o := modern()
		o.Hook = func(c *bottest.IRCConn, command string, _ []string) bool {
			if early && command == "USER" {
				early = false
				c.Send("%s", input)
			}
			return false
		}
		inWorld(t, o, sasl, func(w *world) {
			w.mu.Lock()
			w.answer = true
			w.mu.Unlock()
			w.srv.Do(func(c *bottest.IRCConn) { c.Send("%s", input) })
			result := w.deliver(glance, "announcement")
			w.srv.Raw(":maria!u@h PRIVMSG #glance :hello")
			w.sleep(31 * time.Second)
			if outcome(result) == "waiting" {
				t.Error("a delivery without end")
			}
			for range 60 {
				if w.connected() {
					break
				}
				w.sleep(time.Minute)
			}
			if !w.connected() {
				t.Errorf("not back in an hour: %+v", w.irc.Status())
			}
			w.wantHarmless()
		})
	})
}
