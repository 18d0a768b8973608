package msg_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/msg"
)

func TestSpare(t *testing.T) {
	present := func(word string) bool { return word == "zoe" || word == "bob|away" }
	for _, c := range []struct {
		name      string
		got, want msg.Para
	}{
		{"nobody", msg.Para{msg.Text("zoey and bob"), msg.Bold("x")}, msg.Para{msg.Text("zoey and bob"), msg.Bold("x")}},
		{
			"in a subject",
			msg.Para{msg.To("zoe", "zoe"), msg.Text(": look, zoe: bob|away's"), msg.Bold("zoe"), msg.Text("!")},
			msg.Para{
				msg.To("zoe", "zoe"), msg.Text(": look, "), msg.Name("zoe"), msg.Text(": "), msg.Name("bob|away"), msg.Text("'s"),
				msg.Name("zoe"), msg.Text("!"),
			},
		},
		{"an address stays", msg.Para{msg.URL("https://example.org/zoe")}, msg.Para{msg.URL("https://example.org/zoe")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := msg.New(msg.Answer, c.got)
			m.Blocks = append(m.Blocks, msg.Block{List: []msg.Para{{msg.Text("a")}, c.got}})
			before := msg.Plain(m, time.Time{})
			spared := msg.Spare(m, present)
			want := msg.New(msg.Answer, c.want)
			want.Blocks = append(want.Blocks, msg.Block{List: []msg.Para{{msg.Text("a")}, c.want}})
			if diff := cmp.Diff(want, spared); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got := msg.Plain(spared, time.Time{}); got != before {
				t.Errorf("reads %q, want %q", got, before)
			}
			if diff := cmp.Diff(msg.New(msg.Answer, c.got).Blocks[0], m.Blocks[0]); diff != "" {
				t.Errorf("the message itself changed:\n%s", diff)
			}
		})
	}
	long := msg.New(msg.Answer, msg.Para{msg.Text("Spec freeze in 7 days: Thu 2026-12-10")})
	if n := testing.AllocsPerRun(100, func() { msg.Spare(long, present) }); n > 0 {
		t.Errorf("%v allocations where nobody is named", n)
	}
}
