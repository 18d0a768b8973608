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
func (hears) Seen(bot.Room, bot.Principal, time.Time) {}

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
	if want := `maria(account) in demo/#room: !freeze
settle
slash /as nina
settle
slash /other
settle
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
	if len(first) > 5000 || rest != "settle\nmaria(account) in demo/#room: short\nsettle" {
		t.Errorf("got a line of %d bytes, then\n%s", len(first), rest)
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
