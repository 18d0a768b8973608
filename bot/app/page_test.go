package app

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
	"torchbearer/bot/loop"
)

// A page for two teams: whom a message is for stands there where it is not the
// room of all others, what is said every day once, an address never.
func TestPage(t *testing.T) {
	day := func(d int) civil.Date { return civil.Date{Year: 2026, Month: 12, Day: d} }
	at := func(d, hour int) time.Time { return day(d).At(civil.Clock{Hour: hour}, time.UTC) }
	room := func(name string) bot.Room { return bot.Room{Network: "net", Name: name} }
	cal := cycle.New(time.UTC, []cycle.Event{
		{ID: "tea", Name: "Tea", Day: day(9), At: at(9, 15)},
		{ID: "cake", Kind: "cake", Day: day(9), At: at(9, 16)},
		{ID: "release", Kind: "release", Name: "Release", Day: day(17), At: at(17, 12), Source: cycle.Source{Basis: cycle.Estimate}},
	})
	f := Forecast{From: day(8), To: day(27), teams: []loop.Team{
		{Team: bot.Team{ID: "glance", Name: "Glance"}, Calendar: cal},
		{Team: bot.Team{ID: "nova", Name: "Nova"}},
		{Team: bot.Team{ID: "quiet", Name: "Quiet"}, Calendar: cal},
	}}
	for d := 8; d <= 13; d++ {
		f.Messages = append(f.Messages, Planned{At: at(d, 6), Room: room("#glance"), team: "glance", Text: "Queue: …. https://example.org/q", link: "https://example.org/q"})
	}
	long := strings.TrimSpace(strings.Repeat("word ", 30))
	f.Messages = append(
		f.Messages,
		Planned{At: at(9, 14), Room: room("#glance"), team: "glance", Text: long},
		Planned{At: at(9, 14), Room: room("#glance-dev"), team: "glance", Text: long},
		Planned{At: at(10, 9), Person: "zoe", team: "glance", Text: "zoe: a question."},
		Planned{At: at(10, 9), Room: room("#nova"), team: "nova", Text: "Hello."},
	)
	var b strings.Builder
	if err := f.page(&b); err != nil {
		t.Fatal(err)
	}
	want := `Glance, 2026-12-08 to 2026-12-27, times in UTC
==============================================
8 messages in net/#glance, at most 2 on one day (Wed 2026-12-09).

R-1   Mon 2026-12-07 to Sun 2026-12-13
  Wed 2026-12-09   Tea; cake
  Tue-Sun 06:00    Queue: ….
  Wed 14:00        [net/#glance, net/#glance-dev] word word word word word word word word word word
                   word word word word word word word word word word word word word word word word
                   word word word word
  Thu 09:00        [to zoe] zoe: a question.

R+0   Mon 2026-12-14 to Sun 2026-12-20
  Thu 2026-12-17   Release (estimated)

Mon 2026-12-21 to Sun 2026-12-27

Nova, 2026-12-08 to 2026-12-27, times in UTC
============================================
1 message in net/#nova, at most 1 on one day (Thu 2026-12-10).

Mon 2026-12-07 to Sun 2026-12-13
  Thu 09:00        Hello.

Mon 2026-12-14 to Sun 2026-12-27

Quiet, 2026-12-08 to 2026-12-27, times in UTC
=============================================
Nothing would be said.

R-1   Mon 2026-12-07 to Sun 2026-12-13
  Wed 2026-12-09   Tea; cake

R+0   Mon 2026-12-14 to Sun 2026-12-20
  Thu 2026-12-17   Release (estimated)

Mon 2026-12-21 to Sun 2026-12-27
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	b.Reset()
	if err := (Forecast{From: day(8), To: day(20)}).page(&b); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "Nothing would be said from 2026-12-08 to 2026-12-20.\n"; got != want {
		t.Errorf("without a team: got %q, want %q", got, want)
	}
}
