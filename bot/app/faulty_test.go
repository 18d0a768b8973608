package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest/scenario"
	"torchbearer/bot/msg"
	"torchbearer/plugins/all"
)

// faulty is a plugin that does everything wrong, beside one that must not
// suffer for it.
func faulty() bot.Plugin {
	return bot.Plugin{
		Name: "faulty", Summary: "fails",
		New: func(t bot.Team, _ any) (bot.Instance, error) {
			return bot.Instance{
				Commands: []bot.Command{
					{Name: "panic", Help: "panics", Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) {
						panic("a command's fault")
					}},
					{Name: "fail", Help: "fails", Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) {
						return bot.Effects{}, errors.New("secret details")
					}},
					{Name: "unstorable", Help: "wants what can't be stored", Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) {
						return bot.Effects{Put: map[string]any{"a": func() {}}}, nil
					}},
					{Name: "mend", Help: "mends what flaky needs", Do: func(context.Context, bot.View, bot.Call) (bot.Effects, error) {
						eff := bot.Reply(msg.Para{msg.Text("mended")})
						eff.Put = map[string]any{"mended": true}
						return eff, nil
					}},
				},
				Jobs: []bot.Job{
					{Name: "broken", Due: once("broken", "2026-12-03T13:30:00Z"), Do: func(context.Context, bot.View, bot.Occurrence) (bot.Effects, error) {
						panic("a job's fault")
					}},
					{Name: "flaky", Due: once("flaky", "2026-12-08T12:00:00Z"), Do: flaky},
					{Name: "endless", Due: func(bot.View, time.Time, time.Time) []bot.Occurrence { panic("what is due?") }},
					{Name: "nameless", Due: once("bad key", "2026-12-03T13:30:00Z"), Do: flaky},
				},
				On: func(context.Context, bot.View, bot.Event) (bot.Effects, error) { panic("an event's fault") },
			}, nil
		},
	}
}

// flaky fails until somebody mends it.
func flaky(_ context.Context, v bot.View, o bot.Occurrence) (bot.Effects, error) {
	var mended bool
	if _, err := v.Get("mended", &mended); err != nil || !mended {
		return bot.Effects{}, errors.New("not mended")
	}
	m := msg.New(msg.Announce, msg.Para{msg.Text("flaky works")})
	return bot.Effects{Say: []bot.Say{{Key: o.Key, Message: m, Expires: o.Until}}}, nil
}

// once is due at one instant, and worth doing for a day.
func once(key bot.Key, at string) func(bot.View, time.Time, time.Time) []bot.Occurrence {
	return func(_ bot.View, from, to time.Time) []bot.Occurrence {
		due, err := time.Parse(time.RFC3339, at)
		if err != nil || !due.After(from) || due.After(to) {
			return nil
		}
		return []bot.Occurrence{{Key: key, At: due, Until: due.Add(24 * time.Hour)}}
	}
}

func TestFaultyPlugins(t *testing.T) {
	scenario.Run(t, "testdata/faulty/*.txtar", append(all.Plugins(), faulty()))
}
