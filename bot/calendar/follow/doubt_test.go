package follow_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/follow"
	"torchbearer/bot/civil"
)

// A clock that was a year ahead when a place was read last, in this life or the one
// before, does not keep it from being read again for a year.
func TestAClockThatWasAhead(t *testing.T) {
	for _, again := range []bool{false, true} {
		for _, place := range []follow.Place{folder(), remote()} {
			story(t, []follow.Place{place}, func(w *world) {
				w.publish(grid, page)
				w.ahead.Store(int64(400 * 24 * time.Hour))
				w.start()
				w.pass(30 * time.Minute)
				if again {
					w.stop()
				}
				w.ahead.Store(0)
				if again {
					w.start()
				}
				w.publish(grid, movedPage)
				w.pass(70 * time.Minute)
				w.wantEvents(moved)
				w.site.requests()
				w.pass(59 * time.Minute)
				if got := w.site.requests(); len(got) > 2 {
					t.Errorf("asked %q within the hour, want both files once", got)
				}
			})
		}
	}
}

// A server that takes its time is not asked again by every life that does not wait
// for it.
func TestAnAnswerThatIsNotWaitedFor(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.site.answering(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		w.site.requests()
		w.pass(time.Hour)
		for range 5 {
			w.stop()
			w.start()
			w.pass(10 * time.Second)
		}
		w.stop()
		w.wantRequests(`01:00 ` + address + `/schedule.yaml "` + w.site.tag(grid) + `"`)
	})
}

// A bot that is killed, before or after it is answered, does not ask again within the
// hour.
func TestKilledWhenItHasAsked(t *testing.T) {
	never := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){"before": never, "after": nil} {
		t.Run(name, func(t *testing.T) {
			story(t, []follow.Place{remote()}, func(w *world) {
				w.publish(grid, page)
				w.start()
				w.pass(59 * time.Minute)
				w.site.requests()
				w.site.answering(answer)
				w.pass(time.Minute + time.Second)
				w.kill()
				if got := w.site.requests(); len(got) == 0 {
					w.Fatal("not asked")
				}
				w.site.answering(nil)
				w.start()
				w.wantEvents(published)
				w.pass(59*time.Minute + 58*time.Second)
				w.wantRequests()
				w.pass(time.Second)
				if got := w.site.requests(); len(got) != 2 {
					t.Errorf("asked %q at the hour, want both files", got)
				}
			})
		})
	}
}

// Two teams that follow one address have it asked once an hour, also where one of
// them comes to it later; each has its dates, by its zone and its name there.
func TestTwoTeamsFollowOneAddress(t *testing.T) {
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		nova := w.team
		nova.ID, nova.As, nova.Every = "nova", "nova", 2*time.Hour
		nova.Zone = time.FixedZone("UTC+9", 9*60*60)
		w.teams = []follow.Team{nova}
		w.start()
		w.wantRequests("00:00 "+address+"/schedule.yaml", "00:00 "+address+"/schedule.rst")
		w.publish(grid, movedPage)
		w.pass(3*time.Hour + time.Minute)
		if got := w.site.requests(); len(got) != 6 {
			t.Errorf("asked %q, want both files three times", got)
		}
		for team, want := range map[string][]string{
			"glance": {"h-ff 08-26 23:59", "h-rc1 09-10 23:59", "h-final 09-30 23:59"},
			"nova":   {"h-ff 08-26 14:59", "h-nova-spec-freeze 09-10 14:59", "h-rc1 09-10 14:59", "h-final 09-30 14:59"},
		} {
			var got []string
			for _, e := range w.Calendar(team).Events {
				got = append(got, e.ID+" "+e.At.UTC().Format("01-02 15:04"))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", team, diff)
			}
		}
		w.stop()
	})
}

// The page of a folder that is called by its release says of what series it is; what
// comes in its place may not, and a page of the next series may come before its grid.
func TestWhatIsNoPage(t *testing.T) {
	for name, rst := range map[string]string{
		"is a web page":               "<!DOCTYPE html>\n<title>502 Bad Gateway</title>\n",
		"describes 0 of its dates":    "Soon\n====\n\nSoon.\n",
		"describes 0 of its dates, 3": "2027.1 Indri Release Schedule\n=============================\n\nSoon.\n",
	} {
		t.Run(name, func(t *testing.T) {
			story(t, []follow.Place{{Form: follow.OpenStack, Name: "2026.2"}}, func(w *world) {
				w.write("2026.2/schedule.yaml", grid)
				w.write("2026.2/schedule.rst", page)
				w.start()
				w.write("2026.2/schedule.rst", rst)
				w.pass(2 * time.Hour)
				w.wantEvents(published)
				if len(w.told) != 1 || !strings.Contains(w.told[0], name) {
					t.Errorf("told %q, want %q in it", w.told, name)
				}
			})
		})
	}
	story(t, []follow.Place{folder()}, func(w *world) {
		w.publish(grid, "<html>\n<h1>502 Bad Gateway</h1>\n</html>\n")
		w.start()
		w.wantTold("The calendar of Glance at hibiscus can be read only in part: schedule.rst: is a web page.")
	})
}

// votes is the configuration of an election.
func votes(release string, entries ...string) string {
	s := "release: " + release + "\ntimeline:\n"
	for _, e := range entries {
		name, day, _ := strings.Cut(e, " on ")
		s += fmt.Sprintf("  - name: %s\n    start: %sT23:45\n", name, day)
	}
	return s
}

// What has passed may go: the next election comes in the place of the last, with
// less in it, and a file of meetings loses those that were.
func TestWhatHasPassedMayGo(t *testing.T) {
	last := votes("2026.2", "PTL Nominations on 2000-02-01", "PTL Election on 2000-02-08", "TC Nominations on 2000-02-01", "TC Campaigning on 2000-02-05", "TC Election on 2000-02-08")
	for name, next := range map[string]string{
		"another release": votes("2027.1", "PTL Nominations on 2000-08-01"),
		"the same":        votes("2026.2", "PTL Election on 2000-02-08"),
	} {
		t.Run(name, func(t *testing.T) {
			story(t, []follow.Place{{Form: follow.Elections, Name: "e.yaml"}}, func(w *world) {
				w.write("e.yaml", last)
				w.start()
				w.pass(90 * 24 * time.Hour)
				w.write("e.yaml", next)
				w.pass(time.Hour)
				w.wantTold()
				if got := w.events(); strings.Contains(got, "campaigning") {
					t.Errorf("the calendar is still %s", got)
				}
			})
		})
	}
	story(t, []follow.Place{{Form: follow.Elections, Name: "e.yaml"}}, func(w *world) {
		w.write("e.yaml", last)
		w.start()
		w.write("e.yaml", votes("2026.2", "PTL Election on 2000-02-08"))
		w.pass(time.Hour)
		if len(w.told) != 1 || !strings.Contains(w.told[0], "it has 1 dates left of 5") {
			t.Errorf("before it has passed: told %q", w.told)
		}
	})
}

// Two elections are configured: each has its nominations. One that is configured
// twice is one.
func TestTwoElections(t *testing.T) {
	story(t, []follow.Place{
		{Form: follow.Elections, Name: "a.yaml"}, {Form: follow.Elections, Name: "b.yaml"}, {Form: follow.Elections, Name: "c.yaml"},
	}, func(w *world) {
		w.write("a.yaml", votes("2026.2", "PTL Nominations on 2000-02-01"))
		w.write("b.yaml", votes("2027.1", "PTL Nominations on 2000-08-01"))
		w.write("c.yaml", votes("2027.1", "PTL Nominations on 2000-08-01"))
		w.start()
		w.wantEvents("election-ptl-nominations 2000-02-01, election-ptl-nominations.2 2000-08-01")
	})
}

// Where two places have the same date the team has it once: of an iCalendar file the
// time, if only that has one. What is published comes in the place of an estimate.
func TestTheSameDateTwice(t *testing.T) {
	meetings := func(events ...string) string {
		s := "BEGIN:VCALENDAR\n"
		for _, e := range events {
			title, at, _ := strings.Cut(e, " on ")
			s += "BEGIN:VEVENT\nUID:" + title + "\nDTSTART:" + at + "\nSUMMARY:" + title + "\nEND:VEVENT\n"
		}
		return s + "END:VCALENDAR\n"
	}
	story(t, []follow.Place{folder(), {Form: follow.ICS, Name: "m.ics"}}, func(w *world) {
		w.publish(grid, page)
		w.write("m.ics", meetings("Feature Freeze! on 20260827T150000Z", "Meeting on 20260827T140000Z", "Our spec freeze on 20260910"))
		w.start()
		// The spec freeze of that day is nova's.
		w.wantEvents("ics-meeting 2026-08-27, h-ff 2026-08-27, h-rc1 2026-09-10, ics-our-spec-freeze 2026-09-10, h-final 2026-09-30")
		if ff := w.Calendar("glance").Events[1]; !ff.Exact || ff.At.Format("15:04") != "15:00" || ff.Source.Label != "h-ff" {
			t.Errorf("the feature freeze is %+v, want it at 15:00", ff)
		}
	})
	// Also where the file comes first; of several of a kind on a day those are the same
	// that are called so, and what is another team's by its name is that one's.
	story(t, []follow.Place{{Form: follow.ICS, Name: "m.ics"}, folder()}, func(w *world) {
		w.publish(grid, page)
		w.write("m.ics", meetings("The feature freeze on 20260827", "Nova feature freeze on 20260827T120000Z", "RC1 target week! on 20260910", "RC1 of Swift on 20260910"))
		w.start()
		w.wantEvents("ics-nova-feature-freeze 2026-08-27, h-ff 2026-08-27, h-rc1 2026-09-10, ics-rc1-of-swift 2026-09-10, h-final 2026-09-30")
		if ff := w.Calendar("glance").Events[1]; ff.Exact {
			t.Errorf("the feature freeze has nova's time: %s", ff.At)
		}
	})
	// Of two such files too.
	story(t, []follow.Place{{Form: follow.ICS, Name: "a.ics"}, {Form: follow.ICS, Name: "b.ics"}}, func(w *world) {
		w.write("a.ics", meetings("Review day on 20260820", "PTG on 20260821"))
		w.write("b.ics", meetings("Docs review day on 20260820", "PTG! on 20260821"))
		w.start()
		w.wantEvents("ics-docs-review-day 2026-08-20, ics-review-day 2026-08-20, ics-ptg 2026-08-21")
	})
	story(t, []follow.Place{{Form: follow.ICS, Name: "m.ics"}}, func(w *world) {
		w.team.Release = civil.Date{Year: 2027, Month: 3, Day: 24}
		w.write("m.ics", meetings("Feature freeze on 20270216"))
		w.start()
		var got []string
		for _, e := range w.Calendar("glance").Events {
			if e.Kind == "feature-freeze" || e.Kind == "rc1" {
				got = append(got, e.ID+" "+e.Day.String())
			}
		}
		if diff := cmp.Diff([]string{"ics-feature-freeze 2027-02-16", "rc1 2027-03-04"}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// An iCalendar file of many years counts with what is not long over; one without an
// end only so far, and the operators hear of it.
func TestManyMeetings(t *testing.T) {
	meetings := func(first, n int) string {
		var b strings.Builder
		b.WriteString("BEGIN:VCALENDAR\n")
		for i := range n {
			day := civil.Date{Year: 2000, Month: 1, Day: 1}.AddDays(first + i)
			fmt.Fprintf(&b, "BEGIN:VEVENT\nUID:%s\nDTSTART:%s\nSUMMARY:Meeting\nEND:VEVENT\n", day, strings.ReplaceAll(day.String(), "-", ""))
		}
		b.WriteString("END:VCALENDAR\n")
		return b.String()
	}
	for _, tc := range []struct {
		first, n, want int
		told           []string
	}{
		{-1900, 2000, 160, nil},
		{-100, 2000, 1000, []string{"The calendar of Glance at m.ics can be read only in part: more than 1000 dates: the last are left out."}},
	} {
		story(t, []follow.Place{{Form: follow.ICS, Name: "m.ics"}}, func(w *world) {
			w.write("m.ics", meetings(tc.first, tc.n))
			w.start()
			w.wantTold(tc.told...)
			if got := len(w.Calendar("glance").Events); got != tc.want {
				t.Errorf("%d dates, want %d", got, tc.want)
			}
		})
	}
}

// What a source calls an event, and where it shows it, fits into a line.
func TestLongNames(t *testing.T) {
	story(t, []follow.Place{{Form: follow.ICS, Name: "m.ics"}}, func(w *world) {
		w.write("m.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260827\nSUMMARY:Feature freeze "+strings.Repeat("ä", 20_000)+
			"\nURL:https://example.org/"+strings.Repeat("x", 10_000)+"\nEND:VEVENT\nEND:VCALENDAR\n")
		w.start()
		e := w.Calendar("glance").Events[0]
		if n := len([]rune(e.Name)); n != 120 || !strings.HasPrefix(e.Name, "Feature freeze ä") || e.URL != "" || e.Kind != "feature-freeze" {
			t.Errorf("a name of %d characters, kind %s, at %.40q", n, e.Kind, e.URL)
		}
	})
}

// A source that is well and not well by turns is told of twice a day, from life to
// life; and in the end again, when it stays as it is.
func TestWellAndNotWellByTurns(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		told := func() (n int) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, text := range w.told {
				if strings.Contains(text, "is not taken over") {
					n++
				}
			}
			return n
		}
		for hour := range 20 {
			w.write("hibiscus/schedule.rst", []string{"", page}[hour%2])
			w.pass(time.Hour)
			if hour == 9 {
				w.stop()
				w.start()
			}
		}
		if got := told(); got != 2 {
			t.Errorf("told %d times within a day, want twice", got)
		}
		w.write("hibiscus/schedule.rst", "")
		w.pass(24 * time.Hour)
		if got := told(); got != 3 {
			t.Errorf("told %d times in the end, want once more", got)
		}
	})
}
