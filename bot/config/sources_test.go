package config

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// least is a configuration without a mistake, to which a team's calendar is added.
const least = `
[store]
path = "bot.db"
[irc.oftc]
address = "irc.oftc.net:6697"
nick = "bot"
login = "none"
[team.glance]
rooms = ["oftc/#glance"]
`

func TestSources(t *testing.T) {
	dir := t.TempDir()
	for _, tc := range []struct {
		name, text string
		want       Sources
	}{
		{"nothing", "", Sources{As: "glance", Page: defaultPage, Every: time.Hour}},
		{
			"a folder beside the file", `openstack = "schedules/2027.1"`,
			Sources{
				As: "glance", Page: defaultPage, Every: time.Hour,
				Places: []Place{{OpenStack, "schedules/2027.1", filepath.Join(dir, "schedules/2027.1"), 11}},
			},
		},
		{
			"several of each, from everywhere", `
				openstack = ["/srv/2026.2/", "https://Example.org/2027.1/"]
				elections = "e.yaml"
				ics = ["http://127.0.0.1:80/a.ics", "https://example.org/b.ics?token=hunter2"]`,
			Sources{
				As: "glance", Page: defaultPage, Every: time.Hour,
				Places: []Place{
					{OpenStack, "/srv/2026.2/", "/srv/2026.2/", 12},
					{OpenStack, "https://Example.org/2027.1/", "https://example.org/2027.1", 12},
					{Elections, "e.yaml", filepath.Join(dir, "e.yaml"), 13},
					{ICS, "http://127.0.0.1:80/a.ics", "http://127.0.0.1:80/a.ics", 14},
					{ICS, "https://example.org/b.ics", "https://example.org/b.ics?token=hunter2", 14},
				},
			},
		},
		{
			"a release, and words", `
				release = "2027-03-24"
				as = "image"
				page = "https://example.org/{series}"
				every = "1d"
				[team.glance.calendar.kinds.spec-freeze]
				grants = "the drivers"
				remind = ["7d", "0s"]
				[team.glance.calendar.kinds.library-freeze]
				remind = []
				[team.glance.calendar.kinds.a-party]
				phrases = ["part*", "drinks 2"]
				means = "nobody reviews"`,
			Sources{
				As: "image", Release: civil.Date{Year: 2027, Month: 3, Day: 24}, Page: "https://example.org/{series}", Every: 24 * time.Hour,
				Kinds: []cycle.Kind{
					{Name: "spec-freeze", Grants: "the drivers", Remind: []civil.Span{civil.DaySpan(7), {}}},
					{Name: "library-freeze", Remind: []civil.Span{}},
					{Name: "a-party", Phrases: []string{"part*", "drinks 2"}, Means: "nobody reviews"},
				},
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg, err := Parse("bot.toml", []byte(least+"[team.glance.calendar]\n"+tc.text), dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, cfg.Teams[0].Sources, cmp.AllowUnexported(civil.Span{})); d != "" {
				t.Errorf("sources (-want +got):\n%s", d)
			}
		})
	}
}
