package console_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/console"
	"torchbearer/bot/msg"
)

var room = bot.Room{Network: "demo", Name: "#room"}

func noon() time.Time { return time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC) }

// hears answers what it hears, and tells it to the story.
type hears struct {
	con  **console.Console
	tell func(string)
}

// Incoming implements bot.Receiver.
func (h hears) Incoming(in bot.Incoming) {
	h.tell(fmt.Sprintf("%s(%s) in %s: %s", in.From.Nick, in.From.Strength, in.Room, in.Text))
	(*h.con).Reply(in, msg.New(msg.Answer, msg.Para{msg.Text("one")}, msg.Para{msg.Text("two")}), noon())
}

// Changed implements bot.Receiver.
func (hears) Changed(string) {}

// Seen implements bot.Receiver.
func (h hears) Seen(r bot.Room, who bot.Principal, at time.Time) {
	if !at.Equal(noon()) || who.Account != who.Nick {
		h.tell(fmt.Sprintf("seen %+v at %s", who, at))
	}
	h.tell("seen " + who.Nick + " in " + r.String())
}

// run types lines, and returns what happened and what was printed.
func run(t *testing.T, in io.Reader) (story, printed string) {
	t.Helper()
	var happened []string
	tell := func(s string) { happened = append(happened, s) }
	var out strings.Builder
	var con *console.Console
	con = console.New(console.Options{
		Room: room, Nick: "maria", In: in, Out: &out, Now: noon,
		Slash: func(_ context.Context, line string) string {
			tell("slash " + line)
			if line == "/as nina" {
				con.As("nina")
				return "you are nina"
			}
			return ""
		},
		Settle: func(context.Context) { tell("settle") },
	})
	if err := con.Run(t.Context(), hears{&con, tell}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(happened, "\n"), out.String()
}

// Each line waits for what comes of the one before, the end of input for the
// last.
func TestLines(t *testing.T) {
	story, printed := run(t, strings.NewReader("!freeze\n\n \x1b[31m \n/as nina\n/other\n!st\x02atus"))
	if want := `seen maria in demo/#room
maria(account) in demo/#room: !freeze
settle
slash /as nina
settle
slash /other
settle
seen nina in demo/#room
nina(account) in demo/#room: !status
settle`; story != want {
		t.Errorf("got\n%s\nwant\n%s", story, want)
	}
	if want := `12-03 12:00:00 <torchbearer> one
12-03 12:00:00 <torchbearer> two
12-03 12:00:00 * you are nina
12-03 12:00:00 <torchbearer> one
12-03 12:00:00 <torchbearer> two
`; printed != want {
		t.Errorf("got\n%s\nwant\n%s", printed, want)
	}
}

// Of a line without end the beginning is read, and the next is read again.
func TestLongLine(t *testing.T) {
	story, _ := run(t, strings.NewReader(strings.Repeat("x", 100_000)+"\nshort\n"))
	first, rest, _ := strings.Cut(story, "\n")
	if first != "seen maria in demo/#room" || rest != "maria(account) in demo/#room: "+strings.Repeat("x", 4096)+"\nsettle\nseen maria in demo/#room\nmaria(account) in demo/#room: short\nsettle" {
		t.Errorf("got\n%s", story)
	}
}

// Run ends with its context, though nobody types.
func TestRunEnds(t *testing.T) {
	in, typed := io.Pipe()
	defer typed.Close()
	con := console.New(console.Options{Room: room, In: in, Out: io.Discard, Now: noon})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := con.Run(ctx, nil); err != nil {
		t.Error(err)
	}
}

// The console is one room, in which everything arrives at once.
func TestDelivers(t *testing.T) {
	var out strings.Builder
	con := console.New(console.Options{Room: room, Out: &out, Now: noon})
	if !con.Ready(room) || con.Ready(bot.Room{Network: "demo", Name: "#other"}) {
		t.Error("wants to be ready for its room alone")
	}
	b, err := con.Render(room, msg.New(msg.Announce, msg.Para{msg.Text("hello")}), noon())
	if err == nil {
		err = con.Deliver(t.Context(), "id", room, b)
	}
	if want := "12-03 12:00:00 <torchbearer> hello\n"; err != nil || out.String() != want {
		t.Errorf("printed %q, %v; want %q", out.String(), err, want)
	}
	if s := con.Status(); !s.Connected || con.Network() != "demo" || len(s.Rooms) != 1 || !s.Rooms[0].Ready {
		t.Errorf("status %+v", s)
	}
}

// nicks lists who is in the room.
func nicks(con *console.Console) string {
	var all []string
	for _, p := range con.Members(room) {
		all = append(all, p.Nick+"("+p.Strength.String()+" "+p.Account+")")
	}
	return strings.Join(all, " ")
}

// The room has people in it: those of the demo, who types, and who has spoken.
func TestMembers(t *testing.T) {
	con := console.New(console.Options{Room: room, Nick: "maria", People: []string{"zoe"}, Out: io.Discard, Now: noon})
	if got, want := nicks(con), "zoe(account zoe) maria(account maria)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	con.As("zoe")
	if got, want := nicks(con), "zoe(account zoe)"; got != want {
		t.Errorf("as zoe: got %s, want %s", got, want)
	}
	con.Chat("nina", "hello")
	if got, want := nicks(con), "zoe(account zoe) nina(account nina)"; got != want {
		t.Errorf("after a word of nina's: got %s, want %s", got, want)
	}
	if got := con.Members(bot.Room{Network: "demo", Name: "#other"}); got != nil {
		t.Errorf("another room: %v", got)
	}
}

// What the demo lets somebody say is shown, and heard like a typed line.
func TestChat(t *testing.T) {
	var happened []string
	var out strings.Builder
	in, typed := io.Pipe()
	var con *console.Console
	con = console.New(console.Options{
		Room: room, Nick: "maria", In: in, Out: &out, Now: noon,
		Slash: func(context.Context, string) string {
			con.Chat("nina", "!ask \x02zoe\x02 912345")
			con.Chat("nina", " \x02")
			return ""
		},
		Settle: func(context.Context) { typed.Close() },
	})
	go func() { _, _ = io.WriteString(typed, "/go\n") }()
	if err := con.Run(t.Context(), hears{&con, func(s string) { happened = append(happened, s) }}); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(happened, "\n"), "seen nina in demo/#room\nnina(account) in demo/#room: !ask zoe 912345"; got != want {
		t.Errorf("heard\n%s\nwant\n%s", got, want)
	}
	if got, want := out.String(), "12-03 12:00:00 nina> !ask zoe 912345\n12-03 12:00:00 <torchbearer> one\n12-03 12:00:00 <torchbearer> two\n"; got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// A word to one person names them; to who is not there nothing can be said.
func TestDirect(t *testing.T) {
	var out strings.Builder
	con := console.New(console.Options{Room: room, Nick: "maria", Out: &out, Now: noon})
	maria, zoe := bot.Room{Network: "demo", Name: "maria"}, bot.Room{Network: "demo", Name: "zoe"}
	if !con.Ready(maria) || con.Ready(zoe) || con.Ready(bot.Room{Network: "net", Name: "maria"}) {
		t.Error("wants to be ready for maria of this room alone")
	}
	b, err := con.Render(maria, msg.New(msg.Ask, msg.Para{msg.To("maria", "maria"), msg.Text(": hello")}), noon())
	if err == nil {
		err = con.Deliver(t.Context(), "id", maria, b)
	}
	if want := "12-03 12:00:00 <torchbearer to maria> maria: hello\n"; err != nil || out.String() != want {
		t.Errorf("printed %q, %v; want %q", out.String(), err, want)
	}
}
