package ask

import (
	"context"
	"strings"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/msg"
)

// edit changes what has been said; nobody is told.
func (w *world) edit(t testing.TB, say bot.Say) {
	t.Helper()
	if say.Daily > 0 || say.Tell || !say.NotBefore.IsZero() {
		t.Errorf("the edit of %s is one for somebody", say.Key)
	}
	if w.sent[say.Key] {
		w.shown[say.Key] = say.Message
	}
}

// sign is what "<who> ✋" and "<who> un✋" do at the ping of somebody, or at the
// last thing that was said to them.
func (w *world) sign(t testing.TB, who, sign, of string) {
	t.Helper()
	id := w.person(of).ID
	i := len(w.heard) - 1
	for i >= 0 && w.heard[i].To.Person != id {
		i--
	}
	if i < 0 {
		t.Fatalf("%s has heard nothing", of)
	}
	bare, undone := strings.CutPrefix(sign, "un")
	eff, err := w.p.on(context.Background(), w.v, bot.Event{React: &bot.Reaction{
		Key: w.heard[i].Key, Sign: bot.Sign(bare), Undone: undone,
		Call: bot.Call{Room: room, By: w.person(who).ID, From: bot.Principal{Nick: who}, Roles: w.roles(who)},
	}})
	w.apply(t, eff, err)
}

func (w *world) roles(who string) bot.Role {
	if who == "maria" {
		return bot.Known | bot.PTL
	}
	return bot.Known
}

// look notes what everybody's messages show now, oldest first.
func (w *world) look(who string) {
	for _, say := range w.heard {
		if say.To.Person == w.person(who).ID {
			w.out = append(w.out, "shows "+msg.Plain(w.shown[say.Key], w.v.At))
		}
	}
}
