package ask

import (
	"context"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// do carries out one line: "at <instant>", "suspend <instant>", "<who> !command …", "<who>
// votes|comments|unnoticed …", "nina uploads", "merge", "deliver <who>", "arrive <who>"
// of what was on its way,
// "expire|refuse <who> [why]", "reach <who> …", "gerrit down|up", "<who> ✋ <whose>"
// and "<who> un✋ <whose>" at the last thing that somebody was told, "look <who>" at
// how everything reads now that they were told.
func (w *world) do(t testing.TB, line string) {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "at":
		at, err := time.Parse("2006-01-02T15:04Z", rest)
		if err != nil {
			t.Fatal(err)
		}
		w.until(t, at)
	case "suspend": // nothing runs until then
		at, err := time.Parse("2006-01-02T15:04Z", rest)
		if err != nil {
			t.Fatal(err)
		}
		w.age(at)
	case "deliver", "arrive", "expire", "refuse":
		who, why, _ := strings.Cut(rest, " ")
		w.settle(t, word, w.person(who).ID, why)
	case "look":
		w.look(rest)
	case "reach":
		who, how, _ := strings.Cut(rest, " ")
		w.reach(w.person(who).ID, how)
	case "gerrit":
		w.v.Read = bot.ReviewState{Known: true, ReadAt: w.v.At.Add(-25 * time.Minute)}
		if rest == "down" {
			w.v.Read.Failing, w.v.Read.Since = "502 Bad Gateway", w.v.At
		}
	case "merge":
		w.happens(t, func() { w.raw.Status, w.raw.Closed = review.Merged, w.v.At })
	case "abandon":
		w.happens(t, func() { w.raw.Status, w.raw.Closed = review.Abandoned, w.v.At })
	default:
		w.by(t, word, rest)
	}
}

func (w *world) by(t testing.TB, who, what string) {
	t.Helper()
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "✋", "💤", "❎", "un✋", "un💤", "un❎":
		w.sign(t, who, verb, rest)
	case "votes", "comments":
		w.happens(t, func() { w.says(who, rest) })
	case "uploads":
		w.happens(t, func() { w.upload(who) })
	case "unnoticed": // the mirror has it, the plugin has not heard
		w.says(who, rest)
		w.v.Queue = []review.Change{w.change()}
	default:
		w.command(t, who, verb, rest)
	}
}

func (w *world) command(t testing.TB, who, name, rest string) {
	t.Helper()
	c := bot.Call{Room: room, By: w.person(who).ID, From: bot.Principal{Nick: who}, Roles: w.roles(who)}
	if dm, ok := strings.CutPrefix(name, "privately"); ok {
		c.Room, c.Direct = bot.Room{Network: "net", Name: who}, true
		name, rest, _ = strings.Cut(strings.TrimSpace(dm+rest), " ")
	}
	c = c.WithChange("change", w.v.Queue[0])
	first, note, _ := strings.Cut(rest, " ")
	if first != "" {
		c = c.WithPerson("core", w.person(first)).WithPerson("person", w.person(first)).WithWord("note", note)
	}
	for _, command := range w.p.commands() {
		if "!"+command.Name == name {
			eff, err := command.Do(context.Background(), w.v, c)
			w.apply(t, eff, err)
			return
		}
	}
	t.Fatalf("no command %s", name)
}
