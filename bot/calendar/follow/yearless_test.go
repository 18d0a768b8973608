package follow_test

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/calendar/follow"
)

// Weeks without days, and a page without years.
const (
	yearlessGrid = `---
cycle:
  - name: R-18
    x-project:
      - x-1
  - name: R-5
    x-project:
      - x-ff
  - name: R+0
    x-project:
      - x-final
`
	yearlessPage = `========
Schedule
========

.. _x-1:

Milestone 1
-----------

On November 19.

.. _x-ff:

Feature freeze
--------------

On February 18.

.. _x-final:

Release
-------

On March 24.
`
	yearless = "x-1 2026-11-19, x-ff 2027-02-18, x-final 2027-03-24"
)

// A page that names no year is dated when it is first read. By which day it would be
// dated later makes no other date of it.
func TestAPageWithoutAYear(t *testing.T) {
	next := strings.NewReplacer("November 19", "November 18", "February 18", "February 17", "March 24", "March 22").Replace(yearlessPage)
	for _, place := range []follow.Place{folder(), remote()} {
		story(t, []follow.Place{place}, func(w *world) {
			w.team.Every = 24 * time.Hour
			until := func(day string) {
				t.Helper()
				at, err := time.Parse(time.DateOnly, day)
				if err != nil {
					w.Fatal(err)
				}
				w.pass(time.Until(at))
			}
			again := func(day, want string) {
				t.Helper()
				w.stop()
				until(day)
				w.start()
				w.pass(25 * time.Hour)
				w.wantEvents(want)
			}
			until("2026-11-23")
			w.publish(yearlessGrid, yearlessPage)
			w.start()
			w.wantEvents(yearless)
			again("2027-03-31", yearless) // a week after its last date
			again("2027-06-30", yearless) // half a year after the first
			again("2027-11-23", yearless)

			// A word is another: its dates are what they were.
			w.publish(yearlessGrid, strings.Replace(yearlessPage, "On November", "That is November", 1))
			w.pass(25 * time.Hour)
			w.wantEvents(yearless)

			// It is of the next cycle now.
			w.publish(yearlessGrid, next)
			w.pass(25 * time.Hour)
			const nextYear = "x-1 2027-11-18, x-ff 2028-02-17, x-final 2028-03-22"
			w.wantEvents(nextYear)
			again("2028-10-01", nextYear)

			if w.changes != 1 {
				t.Errorf("%d changes, want one", w.changes)
			}
			w.wantTold()
		})
	}
}

// While a cycle goes on, an edit of one of its dates moves no other, and what is new
// is dated by the day on which it comes.
func TestAPageWithoutAYearIsEdited(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		w.team.Every = 24 * time.Hour
		w.pass(time.Until(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)))
		edit := func(after time.Duration, from, to, want string) {
			t.Helper()
			w.pass(after)
			text := strings.Replace(yearlessPage, "November 19", "August 20", 1)
			w.publish(yearlessGrid, strings.Replace(text, from, to, 1))
			w.pass(25 * time.Hour)
			w.wantEvents(want)
			w.stop()
			w.start()
			w.wantEvents(want)
		}
		w.start()
		edit(0, "", "", "x-1 2026-08-20, x-ff 2027-02-18, x-final 2027-03-24")
		const month = 30 * 24 * time.Hour
		// By the day of this edit, 20 August would be that of 2027.
		edit(4*month, "March 24", "March 25", "x-1 2026-08-20, x-ff 2027-02-18, x-final 2027-03-25")
		edit(0, "August 20", "June 24", "x-ff 2027-02-18, x-final 2027-03-24, x-1 2027-06-24")
	})
}

// What a bot kept that did not keep by which day it was dated is dated by when it was
// read.
func TestAPageWithoutAYearOfAnOlderBot(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		w.pass(time.Until(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)))
		w.publish(yearlessGrid, yearlessPage)
		w.start()
		w.stop()
		values, err := follow.Kept(t.Context(), w.store)
		if err != nil {
			w.Fatal(err)
		}
		for key, value := range values {
			older := strings.Replace(string(value), `,"dated":"2026-11-23"`, "", 1)
			if strings.HasSuffix(key, "/state") == (older == string(value)) {
				w.Fatalf("%s is %q", key, value)
			}
			if err := w.store.Update(t.Context(), func(tx bot.Tx) error { return tx.Put(key, []byte(older)) }); err != nil {
				w.Fatal(err)
			}
		}
		w.pass(300 * 24 * time.Hour)
		w.start()
		w.wantEvents(yearless)
	})
}
