package matrix_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/matrix"
	"torchbearer/bot/msg"
)

// contents are those of what the bot has said in a room.
func (w *world) contents(room string) (list []map[string]any) {
	synctest.Wait()
	for _, e := range w.srv.Events(room, "m.room.message") {
		if e.Sender == me {
			list = append(list, e.Map())
		}
	}
	return list
}

func object(t *testing.T, s string) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// What the bot says, to the letter: answers are notices where they were asked
// for, the rest is text, and nobody is mentioned but by a Mention of an ask.
func TestWhatIsSent(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.echo = false
		w.start()
		w.ready()
		send := func(kind msg.Kind, p msg.Para) {
			t.Helper()
			payload, err := w.Render(glance, msg.New(kind, p), time.Now())
			if err == nil {
				err = w.Deliver(w.Context(), string(kind)+"-id", glance, payload)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		to := msg.Inline{Mention: &msg.Mention{Person: "zoe", Called: "Zoe", User: zoe}}
		send(msg.Announce, msg.Para{msg.Bold("Spec freeze"), msg.Text(" @room [x](https://matrix.to/#/@eve:evil.example) <b>")})
		send(msg.Ask, msg.Para{to, msg.Text(": look")})
		plain := w.srv.Say(w.room, zoe, "!one")
		threaded := w.srv.Send(w.room, zoe, "m.room.message", map[string]any{
			"msgtype": "m.text", "body": "!two", "m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": "$root", "is_falling_back": true, "m.in_reply_to": map[string]any{"event_id": "$x"}},
		})
		synctest.Wait()
		for _, id := range []string{plain, threaded} {
			w.Reply(bot.Incoming{Room: glance, ID: id}, msg.New(msg.Answer, msg.Para{to, msg.Text(": yes")}), time.Now())
		}
		want := []map[string]any{
			object(t, `{"msgtype":"m.text","body":"Spec freeze @room [x](https://matrix.to/#/@eve:evil.example) <b>","format":"org.matrix.custom.html",
				"formatted_body":"<strong>Spec freeze</strong> @room [x](https://matrix.to/#/@eve:evil.example) &lt;b&gt;","m.mentions":{},"com.beeper.linkpreviews":[],"org.torchbearer.key":"announce-id"}`),
			object(t, `{"msgtype":"m.text","body":"Zoe: look","format":"org.matrix.custom.html",
				"formatted_body":"<a href=\"https://matrix.to/#/@zoe:test.example\">Zoe</a>: look","m.mentions":{"user_ids":["@zoe:test.example"]},"com.beeper.linkpreviews":[],"org.torchbearer.key":"ask-id"}`),
			object(t, `{"msgtype":"m.notice","body":"Zoe: yes","format":"org.matrix.custom.html",
				"formatted_body":"<a href=\"https://matrix.to/#/@zoe:test.example\">Zoe</a>: yes","m.mentions":{},"com.beeper.linkpreviews":[],"m.relates_to":{"m.in_reply_to":{"event_id":"`+plain+`"}}}`),
			object(t, `{"msgtype":"m.notice","body":"Zoe: yes","format":"org.matrix.custom.html",
				"formatted_body":"<a href=\"https://matrix.to/#/@zoe:test.example\">Zoe</a>: yes","m.mentions":{},"com.beeper.linkpreviews":[],
				"m.relates_to":{"rel_type":"m.thread","event_id":"$root","is_falling_back":true,"m.in_reply_to":{"event_id":"`+threaded+`"}}}`),
		}
		if diff := cmp.Diff(want, w.contents(w.room)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// Who is spoken to is called by the name they have in the room, and mentioned by
// the id that the outbox knows: exactly those, and never the bot itself.
func TestMentions(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		for _, tc := range []struct{ user, html, want string }{
			{zoe, `<a href="https://matrix.to/#/@zoe:test.example">Zoe &lt;b&gt;</a>: nina asks`, "[" + zoe + "]"},
			{me, `<a href="https://matrix.to/#/@glancebot:test.example">Zoe &lt;b&gt;</a>: nina asks`, "<nil>"},
			{"", "Zoe &lt;b&gt;: nina asks", "<nil>"},
			{"@zoe", "Zoe &lt;b&gt;: nina asks", "<nil>"},
		} {
			w.Transport = matrix.New(matrix.Options{Config: w.conf})
			m := msg.New(msg.Ask, msg.Para{msg.To("zoe", "zoe"), msg.Text(": "), msg.Name("nina"), msg.Text(" asks")})
			payload, err := w.Render(glance, m.Call(func(string) (string, string) { return "Zoe <b>", tc.user }), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			c := object(t, string(payload))
			got := []any{c["msgtype"], c["body"], strings.ReplaceAll(c["formatted_body"].(string), "\u2060", ""), fmt.Sprint(c["m.mentions"].(map[string]any)["user_ids"])}
			got[1] = strings.ReplaceAll(got[1].(string), "\u2060", "")
			if diff := cmp.Diff([]any{"m.text", "Zoe <b>: nina asks", tc.html, tc.want}, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.user, diff)
			}
		}
	})
}

// A message that is too long for an event is cut, and its HTML left out.
func TestLongMessage(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.start()
		w.ready()
		if err := w.Deliver(w.Context(), "1", glance, w.text(msg.Announce, strings.Repeat("seven77 ", 20000))); err != nil {
			t.Fatal(err)
		}
		c := w.contents(w.room)[0]
		if body := c["body"].(string); len(body) > 20000 || !strings.HasSuffix(body, "…") || c["formatted_body"] != nil {
			t.Errorf("body of %d bytes, HTML %v", len(body), c["formatted_body"])
		}
		if _, err := w.Render(glance, msg.New(msg.Announce, msg.Para{msg.Text("\u200b")}), time.Now()); err == nil {
			t.Error("rendered a message that says nothing")
		}
	})
}

// What is handed on, and what not.
func TestWhatIsHeard(t *testing.T) {
	type content = map[string]any
	edit := content{"msgtype": "m.text", "body": "* !two", "m.relates_to": content{"rel_type": "m.replace", "event_id": "$x"}, "m.new_content": content{"msgtype": "m.text", "body": "!two"}}
	reply := func(body string) content {
		return content{"msgtype": "m.text", "body": body, "m.relates_to": content{"m.in_reply_to": content{"event_id": "$x"}}}
	}
	said := func(body any) content { return content{"msgtype": "m.text", "body": body} }
	for _, tc := range []struct {
		name    string
		sender  string
		kind    string
		content content
		want    []string
		direct  bool
	}{
		{"a command", zoe, "m.room.message", said("!freeze"), []string{"!freeze"}, false},
		{"chat", zoe, "m.room.message", said("hello"), []string{"hello"}, false},
		{"the bot's own", me, "m.room.message", said("!freeze"), nil, false},
		{"a notice", zoe, "m.room.message", content{"msgtype": "m.notice", "body": "!freeze"}, nil, false},
		{"an emote", zoe, "m.room.message", content{"msgtype": "m.emote", "body": "!freeze"}, nil, false},
		{"an edit", zoe, "m.room.message", edit, nil, false},
		{"a redacted message", zoe, "m.room.message", content{}, nil, false},
		{"a bridge's puppet", "@oftc_zoe:test.example", "m.room.message", said("!freeze"), nil, false},
		{"another room's puppet", "@oftc_zoe:other.example", "m.room.message", said("!freeze"), []string{"!freeze"}, false},
		{"a reaction", zoe, "m.reaction", content{"m.relates_to": content{"rel_type": "m.annotation", "event_id": "$x", "key": "!freeze"}}, nil, false},
		{"a body that is none", zoe, "m.room.message", said(42), nil, false},
		{"a relation that is none", zoe, "m.room.message", content{"msgtype": "m.text", "body": "!freeze", "m.relates_to": "x"}, nil, false},
		{"an encrypted message", zoe, "m.room.encrypted", content{"algorithm": "m.megolm.v1.aes-sha2", "body": "!freeze", "msgtype": "m.text"}, nil, false},
		{"a reply with a quote", zoe, "m.room.message", reply("> <@eve:evil.example> !abandon\n> all\n\n!freeze"), []string{"!freeze"}, false},
		{"a reply without", zoe, "m.room.message", reply("!freeze"), []string{"!freeze"}, false},
		{"a quote that is no reply", zoe, "m.room.message", said("> !abandon\n\n!freeze"), []string{"> !abandon", "!freeze"}, false},
		{"several commands", zoe, "m.room.message", said("!one\n\n!two a\r\n!three"), []string{"!one", "!two a", "!three"}, false},
		{"a command and more", zoe, "m.room.message", said("!one\nand !two"), []string{"!one and !two"}, false},
		{"talk and a command", zoe, "m.room.message", said("morning all\n\n!freeze\nthanks\n!one"), []string{"morning all", "!freeze thanks", "!one"}, false},
		{"more commands than anybody needs", zoe, "m.room.message", said("!1\n!2\n!3\n!4\n!5\n!6\n!7"), []string{"!1", "!2", "!3", "!4", "!5"}, false},
		{"formats and controls", zoe, "m.room.message", said("\u202e!fre\x00eze\x1b[31m \u200b"), []string{"!freeze"}, false},
		{"addressed", zoe, "m.room.message", said("GlanceBot: freeze"), []string{"freeze (addressed)"}, false},
		{"addressed by id", zoe, "m.room.message", said(me + ": freeze"), []string{"freeze (addressed)"}, false},
		{"a name that begins alike", zoe, "m.room.message", said("glancebotty: freeze"), []string{"glancebotty: freeze"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				w.echo = false
				w.start()
				w.ready()
				w.srv.Join(w.room, "@oftc_zoe:test.example")
				w.srv.Send(w.room, tc.sender, tc.kind, tc.content)
				synctest.Wait()
				var got []string
				for _, in := range w.heard {
					text := in.Text
					if in.Addressed {
						text += " (addressed)"
					}
					got = append(got, text)
					if in.Room != glance || in.Direct || in.From.Account != tc.sender || in.From.Strength != bot.Account {
						t.Errorf("heard %+v", in)
					}
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				w.srv.Say(w.room, zoe, "still there?")
				w.want("heard at last", w.take()[len(tc.want):], []string{"still there?"})
			})
		})
	}
}

// Who comes and who speaks is seen; who is there is known, but for bridges.
func TestWhoIsThere(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.echo = false
		w.start()
		w.ready()
		w.srv.Join(w.room, eve, "@oftc_nina:test.example")
		w.srv.State(w.room, eve, "m.room.member", eve, map[string]any{"membership": "join", "displayname": "Eve\u202e <b>"})
		w.srv.Say(w.room, zoe, "hello")
		synctest.Wait()
		w.want("seen", w.seen, []string{eve + " in " + glance.String(), zoe + " in " + glance.String()})
		names := map[string]string{}
		for _, p := range w.Members(glance) {
			names[p.Account] = p.Nick
		}
		if diff := cmp.Diff(map[string]string{zoe: "zoe", eve: "Eve <b>"}, names); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		w.srv.Leave(w.room, eve)
		synctest.Wait()
		w.want("members", len(w.Members(glance)), 1)
		w.end()
		w.start()
		w.ready()
		w.want("members after a restart", len(w.Members(glance)), 1)
	})
}

// An invitation that could not be accepted is tried again soon, though nothing else
// happens.
func TestInvitationAgain(t *testing.T) {
	var faults shared[int]
	inWorld(t, bottest.MatrixOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
		left := faults.get()
		if left == 0 || !strings.Contains(r.URL.Path, "/join") {
			return false
		}
		faults.set(left - 1)
		rw.WriteHeader(http.StatusBadGateway)
		return true
	}}, func(w *world) {
		w.start()
		w.ready()
		faults.set(2)
		other := w.srv.Room(zoe, "")
		w.srv.Invite(other, zoe, me, false)
		time.Sleep(15 * time.Second) // 2-4 s after the first fault, 4-8 s after the second
		w.srv.Say(other, zoe, "!here")
		w.want("heard", w.take(), []string{"!here"})
	})
}
