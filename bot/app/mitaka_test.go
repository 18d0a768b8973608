package app

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
	"torchbearer/bot/config"
	"torchbearer/bot/cycle"
	"torchbearer/plugins/all"
)

// What a team would have heard in the Mitaka cycle, October 2015 to April 2016,
// week by week, of a schedule that is nothing but a page of prose:
//
//	go test ./bot/app -run TestMitaka -update
func TestMitaka(t *testing.T) {
	const folder = "testdata/mitaka/"
	golden := folder + "heard.golden"
	args := []string{"-config", folder + "torchbearer.toml", "-from", "2015-10-19", "-to", "2016-04-10"}
	var page, lines strings.Builder
	if err := preview(t.Context(), Env{Stdout: &page, Stderr: os.Stderr, Plugins: all.Plugins()}, append(args, "-page")); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}

	// The lines for programs are no other messages.
	if err := preview(t.Context(), Env{Stdout: &lines, Stderr: os.Stderr, Plugins: all.Plugins()}, args); err != nil {
		t.Fatal(err)
	}
	said := forecast(t, folder+"torchbearer.toml", "2015-10-19", "2016-04-10")
	if got, want := strings.Count(lines.String(), "\n"), len(said.Messages); got != want || want < 200 {
		t.Errorf("%d lines, want %d", got, want)
	}
	const freeze = "Thu 2016-03-03 23:59:00Z  oftc/#openstack-glance  Feature freeze is in effect (Thu 2016-03-03). From here an exception is maria's decision. https://releases.openstack.org/mitaka/schedule.html#m-ff\n"
	if !strings.Contains(lines.String(), freeze) {
		t.Errorf("no line %q", freeze)
	}
	both := preview(t.Context(), Env{Stdout: io.Discard, Stderr: io.Discard, Plugins: all.Plugins()}, append(args, "-page", "-json"))
	if !errors.Is(both, errUsage) {
		t.Errorf("a page of JSON: %v, want wrong usage", both)
	}

	// The dates are those that people wrote down by hand, source by source: a
	// window or week of theirs ends on the event's day, or the Friday after it.
	data, err := os.ReadFile(folder + "dates.csv")
	if err != nil {
		t.Fatal(err)
	}
	byHand, problems := calendar.ParseCSV("dates.csv", data, time.UTC, cycle.DefaultKinds())
	if len(problems) > 0 || len(byHand) != 12 {
		t.Fatalf("%d dates, %v", len(byHand), problems)
	}
	for _, h := range byHand {
		found := false
		for _, e := range said.teams[0].Calendar.Events {
			found = found || e.Kind == h.Kind && e.Day.Monday() == h.Day.Monday() && (e.Day == h.Day || h.Day.Weekday() == time.Friday)
		}
		if !found {
			t.Errorf("%s on %s: the calendar has no %s then", h.Name, h.Day, h.Kind)
		}
	}

	// Nobody is flooded, and of other teams' freezes nothing is heard.
	perDay := map[civil.Date]int{}
	for _, m := range said.Messages {
		perDay[civil.DateOf(m.At, time.UTC)]++
		for _, other := range []string{"Nova", "Cinder", "Keystone"} {
			if strings.Contains(m.Text, other) {
				t.Errorf("%s: %s", m.At, m.Text)
			}
		}
	}
	for day, n := range perDay {
		if n > 4 {
			t.Errorf("%d messages on %s", n, day)
		}
	}
}

// forecast previews a configuration.
func forecast(t *testing.T, path, from, to string) Forecast {
	t.Helper()
	cfg, err := config.Read(path, all.Plugins())
	if err != nil {
		t.Fatal(err)
	}
	var days [2]civil.Date
	for i, s := range []string{from, to} {
		if days[i], err = civil.ParseDate(s); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Preview(t.Context(), cfg, all.Plugins(), nil, days[0], days[1])
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Faults) > 0 {
		t.Fatal(f.Faults)
	}
	return f
}
