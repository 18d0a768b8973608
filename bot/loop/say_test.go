package loop_test

import (
	"context"
	"testing"

	"torchbearer/bot"
)

// A message to a person is one; to the team, one for each of its rooms.
func TestWhereMessagesGo(t *testing.T) {
	for _, c := range []struct {
		name string
		to   bot.Target
		want string
	}{
		{"the team", bot.Target{}, "say glance/test/k #glance hello"},
		{"a room", bot.Target{Room: ops}, "say glance/test/k #ops hello"},
		{"a person", bot.Target{Person: "zoe"}, "say glance/test/k @zoe hello"},
		{"a person in a room", bot.Target{Person: "zoe", Room: ops}, "say glance/test/k #ops@zoe hello"},
		{"nobody", bot.Target{Direct: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tell(t, func(w *world) {
				w.start()
				w.do(func(context.Context, bot.View) (bot.Effects, error) {
					eff := saying("k", "hello")
					eff.Say[0].To = c.to
					return eff, nil
				})
				w.want(c.want)
			})
		})
	}
}
