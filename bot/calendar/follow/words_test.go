package follow_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"torchbearer/bot/calendar/follow"
)

// The operators are told what is wrong, where, and what is wanted.
func TestWhatOperatorsAreTold(t *testing.T) {
	ics := follow.Place{Form: follow.ICS, Name: "x.ics"}
	for _, tc := range []struct {
		name  string
		place follow.Place
		path  string // of what is wrong in the world's folder; "/" ends a folder's
		text  string
		want  string
	}{
		{"a file for a folder", folder(), "hibiscus", grid, "can't be read: it is no folder; want one with schedule.yaml and schedule.rst. Its dates are not known."},
		{"a folder for a file", ics, "x.ics/", "", "can't be read: it is a folder; want a file. Its dates are not known."},
		{"a tab", folder(), "hibiscus/schedule.yaml", "cycle:\n\t- start: '2026-08-24'\n", "can't be read: schedule.yaml:2: not valid YAML: found a tab that cannot start any token, and 1 more. Its dates are not known."},
		{"nothing in it", ics, "x.ics", "x\n", "can't be read: no events, and 1 more. Its dates are not known."},
		{"an event that does not end", ics, "x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "can't be read: line 2: an event without END:VEVENT. Its dates are not known."},
		{"a byte of another encoding", ics, "x.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:Caf\xe9\nDTSTART:20260610\nEND:VEVENT\nEND:VCALENDAR\n", "can be read only in part: line 4: not all of it is UTF-8: what is not is shown as \uFFFD."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, []follow.Place{tc.place}, func(w *world) {
				if strings.HasSuffix(tc.path, "/") {
					if err := os.Mkdir(filepath.Join(w.dir, tc.path), 0o700); err != nil {
						t.Fatal(err)
					}
				} else {
					w.write(tc.path, tc.text)
				}
				w.start()
				w.wantTold("The calendar of Glance at " + tc.place.Name + " " + tc.want)
			})
		})
	}
}

// One byte of another encoding costs a character, and not what is new.
func TestAByteOfAnotherEncoding(t *testing.T) {
	for _, place := range []follow.Place{folder(), remote()} {
		story(t, []follow.Place{place}, func(w *world) {
			w.publish(grid, page)
			w.start()
			w.publish(grid, movedPage+"\nThe caf\xe9 is open.\n")
			w.pass(time.Hour)
			w.wantEvents(moved)
			w.wantTold("The calendar of Glance at " + place.Name + " can be read only in part: schedule.rst:26: not all of it is UTF-8: what is not is shown as \uFFFD.")
			w.publish(grid, page)
			w.pass(time.Hour)
			w.wantTold("The calendar of Glance at " + place.Name + " is well again.")
		})
	}
}

// A schedule whose grid was taken away is said to be without it.
func TestAGridThatIsGone(t *testing.T) {
	story(t, []follow.Place{folder()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.write("hibiscus/schedule.yaml", "")
		w.pass(time.Hour)
		w.wantEvents(published)
		w.wantTold("The calendar of Glance at hibiscus is not taken over: schedule.yaml is gone. What was read on 2000-01-01 00:00 UTC counts until it is well again.")
	})
}

// A start waits less for an address than a reading does later, and says so; of an
// answer that ends too early, that.
func TestSlowAndShortAnswers(t *testing.T) {
	const told = "The calendar of Glance at " + address + " "
	silent := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	story(t, []follow.Place{remote()}, func(w *world) {
		w.site.answering(silent)
		w.start()
		w.wantTold(told + "can't be read: the server has not answered within the 15s that a start waits for it. Its dates are not known.")
	})
	story(t, []follow.Place{remote()}, func(w *world) {
		w.publish(grid, page)
		w.start()
		w.site.answering(silent)
		w.pass(3 * time.Hour)
		w.wantTold(told + "is not taken over: the server does not answer within 30s. What was read on 2000-01-01 00:00 UTC counts until it is well again.")
	})
	story(t, []follow.Place{remote()}, func(w *world) {
		w.site.answering(func(*http.Request) (*http.Response, error) {
			short := answers(200, "", nil)
			short.Body = io.NopCloser(io.MultiReader(strings.NewReader(grid), cutOff{}))
			return short, nil
		})
		w.start()
		w.wantTold(told + "can't be read: the server's answer was cut off. Its dates are not known.")
	})
}

// cutOff is where an answer ends before its length.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
