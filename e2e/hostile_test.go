package e2e_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"torchbearer/e2e/ircd"
)

// row is a hostile text.
type row struct{ id, field, text string }

// hostileRows reads the texts that the renderers are tested with.
func hostileRows(t *testing.T) []row {
	t.Helper()
	src, err := os.ReadFile("../bot/msg/testdata/hostile-subjects.txt")
	if err != nil {
		t.Fatal(err)
	}
	escape := regexp.MustCompile(`\\x[0-9a-f]{2}|\\\\`)
	var rows []row
	for line := range strings.Lines(string(src)) {
		columns := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 5)
		if strings.HasPrefix(line, "#") || len(columns) < 5 {
			continue
		}
		text := escape.ReplaceAllStringFunc(columns[4], func(e string) string {
			if e == `\\` {
				return `\`
			}
			n, err := strconv.ParseUint(e[2:], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			return string([]byte{byte(n)})
		})
		rows = append(rows, row{columns[0], columns[1], text})
	}
	if len(rows) < 60 {
		t.Fatalf("only %d hostile rows", len(rows))
	}
	return rows
}

// typed is a text as far as somebody can send it in one line.
func typed(text string) string {
	return strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(text)
}

// Every hostile text, said in every way a person has: the bot answers others as
// before, and says nothing that it should not.
func TestHostilePerson(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		proxy := s.server.Proxy
		if proxy == nil {
			proxy = s.server.NewProxy(t)
		}
		s.address, s.events, s.limit = proxy.Addr, cycleDates(), "12/1m"
		name := s.server.Bot.Name
		zoe := s.server.Dial(t, "zoe")
		zoe.Join(room)
		for _, r := range []string{"#secret", "#openstack-infra"} {
			zoe.Join(r)
		}
		mallory := s.server.Dial(t, "mallory")
		mallory.Join(room)
		b := s.start(t)
		b.ready(readyWithin)
		for i, r := range hostileRows(t) {
			text := typed(r.text)
			for _, format := range []string{
				"PRIVMSG #glance :%s", "PRIVMSG torchbearer :%s", "PRIVMSG #glance :!%s", "PRIVMSG #glance :!when %s",
				"PRIVMSG torchbearer :help %s", "PRIVMSG #glance :torchbearer: %s", "PRIVMSG #glance :!freeze@%s",
				"NOTICE torchbearer :%s", "PRIVMSG torchbearer :\x01%s\x01", "PRIVMSG torchbearer :\x01PING %s\x01",
				"TOPIC #glance :%s", "NICK %s", "SETNAME :%s", "AWAY :%s",
			} {
				mallory.Send(fmt.Sprintf(format, text))
			}
			if i%10 == 0 {
				mallory.Sync()
			}
		}
		mallory.Sync()
		s.asks(t, zoe, "!freeze", "Spec freeze: ", readyWithin)
		s.harmless(t, zoe, proxy)
		zoe.Send("WHOIS " + name)
		in := zoe.Expect(` 319 zoe `+name+` `, answerWithin).Text()
		if got := strings.TrimLeft(strings.TrimSpace(in), "@+"); got != room {
			t.Errorf("the bot is in %s", in)
		}
		if b.status().code != 0 {
			t.Errorf("not healthy any more: %+v", b.status())
		}
	})
}

// asks has a person ask and be answered.
func (s *setup) asks(t *testing.T, c *ircd.Client, question, want string, within time.Duration) time.Duration {
	t.Helper()
	asked := time.Now()
	c.Say(room, question)
	return c.Expect(s.said(room, want), within).At.Sub(asked)
}

// harmless looks at every line the bot has handed to the network.
func (s *setup) harmless(t *testing.T, zoe *ircd.Client, proxy *ircd.Proxy) {
	t.Helper()
	mask := regexp.MustCompile(`^(@\S+ )?(:` + s.server.Bot.Name + `!\S+ )`)
	prefix := ""
	for _, l := range zoe.Lines() {
		if m := mask.FindStringSubmatch(l.Raw); m != nil && l.Command == "PRIVMSG" {
			prefix = m[2]
		}
	}
	if prefix == "" {
		t.Fatal("the bot has said nothing")
	}
	known := regexp.MustCompile(`^(CAP|NICK torchbearer$|USER|AUTHENTICATE|JOIN #glance$|MODE torchbearer \+B|PING|PONG|WHOIS|WHO #glance( %tcuhnfa,7)?$|PRIVMSG NickServ :IDENTIFY|PRIVMSG (#glance|[^#&@+ ]+) :[^!\x01])`)
	longest := 0
	for _, l := range proxy.Lines() {
		if l.Way != ircd.ToServer {
			continue
		}
		text := regexp.MustCompile(`^@\S+ `).ReplaceAllString(l.Text, "")
		longest = max(longest, len(prefix)+len(text)+2)
		switch {
		case len(prefix)+len(text)+2 > 512:
			t.Errorf("%d bytes as relayed: %s", len(prefix)+len(text)+2, l.Text)
		case !known.MatchString(text):
			t.Errorf("said to the network: %q", l.Text)
		case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
			t.Errorf("not plain text: %q", l.Text)
		}
	}
	t.Logf("the longest line has %d bytes as relayed", longest)
}

// One person floods, another asks: the first is told that it is too much, and
// the second does not wait.
func TestFlood(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		s.events, s.limit = cycleDates(), "12/1m"
		zoe, mallory := s.server.Dial(t, "zoe"), s.server.Dial(t, "mallory")
		zoe.Join(room)
		mallory.Join(room)
		b := s.start(t)
		b.ready(readyWithin)
		const (
			every = 50 * time.Millisecond
			many  = 10 // each time: 200 commands a second
			calm  = 16 * time.Second
			lasts = 26 * time.Second
		)
		var asked []time.Time
		began := time.Now()
		for step := time.Duration(0); step < lasts; step += every {
			time.Sleep(time.Until(began.Add(step)))
			for range many {
				mallory.Say(room, "!when release")
			}
			// Not at first: the network makes the bot pay for the twelve answers
			// that everybody may have.
			if step >= calm && step%(2*time.Second) == 0 {
				asked = append(asked, time.Now())
				zoe.Say(room, "!freeze")
			}
		}
		flood := time.Since(began)
		zoe.Expect(s.said(room, "Spec freeze: "), answerWithin)
		zoe.Sync()
		answers := s.heard(zoe, "^Spec freeze: ")
		if len(answers) != len(asked) {
			t.Fatalf("%d questions, %d answers", len(asked), len(answers))
		}
		var slowest time.Duration
		for i, l := range answers {
			slowest = max(slowest, l.At.Sub(asked[i]))
		}
		if slowest > 3*time.Second {
			t.Errorf("somebody else waited %v", slowest)
		}
		// Twelve at once, and one more every five seconds; after each of those it
		// is too much again.
		more := int(flood/(5*time.Second)) + 1
		got, told := len(s.heard(zoe, "^Release: ")), len(s.heard(zoe, `^\S+: that was more than 12 commands a minute`))
		if got > 12+more || told < 1 || told > 1+more {
			t.Errorf("the flood had %d answers and was told %d times", got, told)
		}
		t.Logf("%d commands in %v: %d answers, told %d times; somebody else waited %v at most", int(lasts/every)*many, flood.Round(time.Second), got, told, slowest.Round(time.Millisecond))
	})
}

// At the pace that a network wants, answers wait for one another; one who asks for
// many makes nobody else wait for them.
func TestTurns(t *testing.T) {
	eachOf(t, both, nil, func(t *testing.T, s *setup) {
		s.events, s.limit = cycleDates(), "12/1m"
		s.burst, s.pace = 5, "2s"
		zoe, mallory := s.server.Dial(t, "zoe"), s.server.Dial(t, "mallory")
		zoe.Join(room)
		mallory.Join(room)
		s.start(t).ready(readyWithin)
		for range 200 {
			mallory.Say(room, "!when release")
		}
		mallory.Sync()
		waited := s.asks(t, zoe, "!freeze", "Spec freeze: ", time.Minute)
		if waited > 5*time.Second {
			t.Errorf("somebody else waited %v", waited)
		}
		t.Logf("somebody else waited %v", waited.Round(time.Millisecond))
	})
}

// The names of events come from people too. What can't be printed is refused
// with its line; the rest is said as text and nothing but text.
func TestHostileEventNames(t *testing.T) {
	t.Parallel()
	built(t)
	s := newSetup(t, ircd.StartInspIRCd(t, ircd.Opts{}))
	s.login = "sasl-plain"
	proxy := s.server.NewProxy(t)
	s.address = proxy.Addr
	at := soon(60 * time.Second)
	var refused []event
	for i, r := range hostileRows(t) {
		e := event{kind: fmt.Sprintf("event-%d", i), name: r.text, at: at, remind: []string{"0s"}}
		unprintable := func(r rune) bool { return !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d' }
		switch {
		case !utf8.ValidString(r.text): // not even TOML
		case strings.TrimSpace(r.text) == "", len(r.text) > 120, strings.ContainsFunc(r.text, unprintable):
			refused = append(refused, e)
		default:
			s.events = append(s.events, e)
		}
	}
	t.Logf("%d names refused, %d said", len(refused), len(s.events))
	said := s.events
	s.events = refused
	s.write(t)
	res := call(t, "check", "-config", s.path())
	if got := strings.Count(res.stderr, ".name: "); res.code != 2 || got != len(refused) {
		t.Errorf("exit status %d, %d of %d names refused:\n%s", res.code, got, len(refused), res.stderr)
	}
	if strings.ContainsFunc(res.stderr, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		t.Errorf("the mistakes are shown with control characters: %q", res.stderr)
	}

	s.events = said
	zoe := s.server.Dial(t, "zoe")
	zoe.Join(room)
	b := s.start(t)
	b.ready(readyWithin)
	notYet(t, at)
	time.Sleep(time.Until(at))
	steps := func() int { return len(s.heard(zoe, ` is here \(|is in effect \(`)) }
	b.until("everything is said", time.Minute, func() bool { return steps() >= len(said) })
	b.until("nothing waits", answerWithin, func() bool { st := b.status(); return st.code == 0 && len(st.Outbox.Waiting) == 0 })
	s.asks(t, zoe, "!when event", "", answerWithin)
	zoe.Sync()
	if got := steps(); got != len(said) {
		t.Errorf("heard %d of %d events", got, len(said))
	}
	s.harmless(t, zoe, proxy)
}
