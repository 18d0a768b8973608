package config

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/civil"
)

// all has a field of every kind that a plugin may configure.
type all struct {
	Text   string          `toml:"text"`
	Yes    bool            `toml:"yes"`
	Number int8            `toml:"number,required" want:"a small number"`
	Words  []string        `toml:"words"`
	Days   []civil.Weekday `toml:"days"`
	Span   civil.Span      `toml:"span"`
	Clock  civil.Clock     `toml:"clock"`
	Date   civil.Date      `toml:"date"`
	Spans  []civil.Span    `toml:"spans"`
	Room   *bot.Room       `toml:"room"`
	Inner  struct {
		Deep int `toml:"deep"`
	} `toml:"inner"`
	By    map[string]int `toml:"by"`
	Fault float64        `toml:"fault"`
	Not   string         // no tag: not the configuration's
}

func (a *all) Validate(report func(key, problem string)) {
	if a.Inner.Deep < 0 {
		report("inner.deep", "is below 0\n; 0 or more is allowed")
	}
}

func TestAPluginsSectionIsDecodedOverItsDefaults(t *testing.T) {
	plugins := []bot.Plugin{{Name: "all", Config: func() any {
		return &all{Text: "default", Words: []string{"a", "b", "c"}, Number: 1, Not: "kept"}
	}}}
	cfg, err := Parse("f", []byte(small+`[team.glance.plugin.all]
yes = true
number = 0x1_0
words = ["one"]
days = ["Monday", "thu"]
span = "12h"
clock = "07:30"
date = 2026-12-10
spans = ["2w", "0s"]
room = "oftc/#x"
inner.deep = -0
by = { a = 1, "b c" = +2 }
`), ".", plugins)
	if err != nil {
		t.Fatal(err)
	}
	want := &all{
		Text: "default", Yes: true, Number: 16, Words: []string{"one"}, Days: []civil.Weekday{civil.Weekday(time.Monday), civil.Weekday(time.Thursday)}, Span: civil.ClockSpan(12 * time.Hour),
		Clock: civil.Clock{Hour: 7, Minute: 30}, Date: civil.Date{Year: 2026, Month: 12, Day: 10},
		Spans: []civil.Span{civil.DaySpan(14), {}}, Room: &bot.Room{Network: "oftc", Name: "#x"},
		By: map[string]int{"a": 1, "b c": 2}, Not: "kept",
	}
	if d := cmp.Diff(want, cfg.Teams[0].Plugins[0].Settings, cmp.AllowUnexported(civil.Span{})); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}

	_, err = Parse("f", []byte(small+`[team.glance.plugin.all]
text = ["x"]
words = "one"
days = ["Monday", "Mo", 3]
date = 2026-02-30
clock = 07:30:00
spans = [
  "2w",
  2]
by = { a = "1" }
fault = 1.5
Not = "x"
[team.glance.plugin.all.inner]
deep = -1
dep = 1
`), ".", plugins)
	wrong := `f:9: team.glance.plugin.all.number: is missing; want a small number
f:10: team.glance.plugin.all.text: is a list; want text
f:11: team.glance.plugin.all.words: is text; want a list
f:12: team.glance.plugin.all.days: is a whole number; want text, in quotes
f:12: team.glance.plugin.all.days: parse day of the week "Mo": want one of Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, or its first three letters
f:13: team.glance.plugin.all.date: parse date "2026-02-30": February 2026 has days 01 to 28
f:14: team.glance.plugin.all.clock: is a time of day; want text, in quotes
f:17: team.glance.plugin.all.spans: is a whole number; want text, in quotes
f:18: team.glance.plugin.all.by.a: is text; want a whole number
f:19: team.glance.plugin.all.fault: can't be configured: the program has a float64 here, which no key can set; please report it
f:20: team.glance.plugin.all.Not: unknown key; allowed: by, clock, date, days, fault, inner, number, room, span, spans, text, words, yes
f:22: team.glance.plugin.all.inner.deep: is below 0 ; 0 or more is allowed
f:23: team.glance.plugin.all.inner.dep: unknown key; did you mean "deep"? allowed: deep`
	if fmt.Sprint(err) != wrong {
		t.Errorf("got\n%v\nwant\n%s", err, wrong)
	}
}
