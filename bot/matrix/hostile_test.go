package matrix

import (
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"maunium.net/go/mautrix"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/msg"
)

// counted is a bot.Receiver that looks at what it gets.
type counted struct{ t *testing.T }

func (c counted) Changed(string) {}

func (c counted) Incoming(in bot.Incoming) {
	if (in.Text == "") != (in.React != nil) || in.Text != msg.Clean(in.Text) || !utf8.ValidString(in.Text) || in.From.Nick != msg.Clean(in.From.Nick) || in.ID == "" {
		c.t.Errorf("heard %#v", in)
	}
}

func (c counted) Seen(_ bot.Room, who bot.Principal, _ time.Time) {
	if who.Nick != msg.Clean(who.Nick) {
		c.t.Errorf("saw %#v", who)
	}
}

// FuzzSync feeds the bot what a server may say, true or not.
func FuzzSync(f *testing.F) {
	for _, seed := range []string{
		`{"next_batch":"s1","rooms":{"join":{"!a:b":{"timeline":{"events":[{"type":"m.room.message","sender":"@z:b","event_id":"$1","content":{"msgtype":"m.text","body":"!x\n!y"}}]}}}}}`,
		`{"next_batch":"s1","rooms":{"join":{"!a:b":{"state":{"events":[{"type":"m.room.member","state_key":"@me:b","sender":"@me:b","content":{"membership":"join"}},{"type":"m.room.encryption","state_key":"","content":[]}]},"timeline":{"events":[null]}}}}}`,
		`{"next_batch":"s1","rooms":{"invite":{"!a:b":{"invite_state":{"events":[{"type":"m.room.member","state_key":"@me:b","sender":"x","content":{"membership":"invite","is_direct":true}}]}}},"leave":{"!c":{"timeline":{"events":[{"type":"m.room.member","state_key":"@me:b","sender":"\u202e","content":{"membership":"ban","reason":"\n"}}]}},"!d":null}}}`,
		`{"next_batch":"s1","account_data":{"events":[{"type":"m.direct","content":{"@z:b":["!a:b"]}}]},"rooms":{"join":{"!a:b":null,"":{"timeline":{"events":[{"type":"m.room.tombstone","state_key":"","content":{"replacement_room":"!a:b"}}]}}}}}`,
		`{"next_batch":"s1","rooms":{"join":{"!a:b":{"timeline":{"events":[{"type":"m.reaction","sender":"@z:b","event_id":"$1","content":{"m.relates_to":{"rel_type":"m.annotation","event_id":"$own","key":"✋"}}},{"type":"m.room.redaction","sender":"@z:b","event_id":"$2","redacts":"$1","content":{"redacts":7}},{"type":"m.room.redaction","sender":"@z:b","event_id":"$3","redacts":"$own"}]}}}}}`,
		`{"next_batch":"s1","rooms":{"join":{"!a:b":{"timeline":{"events":[{"type":"m.room.message","sender":"@\n\u202ez:b","event_id":"$1","content":{"msgtype":"m.text","body":"!x"}},{"type":"m.room.message","sender":"@ :b","event_id":"$2","content":{"msgtype":"m.text","body":"!x"}}]}}}}}`,
	} {
		f.Add(seed)
		f.Add(strings.ReplaceAll(seed, `"type":"m.room`, `"redacts":7,"type":"m.room`))
	}
	f.Fuzz(func(t *testing.T, answer string) {
		var resp mautrix.RespSync
		if json.Unmarshal([]byte(answer), &resp) != nil {
			again, err := lenient(&resp, error(mautrix.HTTPError{ResponseBody: answer}))
			if err != nil || again == nil {
				t.Skip()
			}
			resp = *again
		}
		for _, r := range resp.Rooms.Join {
			if r != nil {
				r.Timeline.Limited = false // there is nobody to ask
			}
		}
		log := new(strings.Builder)
		b := New(Options{Config: Config{Network: "main", User: "@me:b"}, Store: bottest.NewStore(), Log: slog.New(slog.NewTextHandler(io.MultiWriter(log), nil))})
		b.in, b.live, b.asked, b.seen = counted{t}, true, newQuestions(), newRing()
		b.looks.bucket.drain(time.Now()) // nor about single events
		b.sent.add(tryKey{"outbox", "!a:b"}, "$own", time.Now())
		tidy(&resp)
		for _, since := range []string{"s0", "s1"} {
			b.take(t.Context(), &resp, b.ahead(t.Context(), &resp, since), since)
		}
		if strings.Contains(log.String(), "panic") {
			t.Errorf("%s", log)
		}
		b.Status()
		if err := b.commit(t.Context(), false); err != nil {
			t.Errorf("commit: %v", err)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("!a\n!b")
	f.Add("> x\n> y\n\n!c")
	f.Fuzz(func(t *testing.T, body string) {
		for _, line := range append(lines(body), lines(withoutQuote(body))...) {
			if line != msg.Clean(line) || strings.ContainsAny(line, "\r\n") {
				t.Errorf("line %+q", line)
			}
		}
		if n := len(lines(body)); n > maxCommands+1 {
			t.Errorf("%d lines", n)
		}
	})
}
