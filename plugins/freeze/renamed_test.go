package freeze

import (
	"strings"
	"testing"
	"time"

	"torchbearer/bot/cycle"
)

// A step that was due while the bot was off is said at the start, once, though the
// event has another id then, and what was said, or nobody was to hear, is not.
func TestRenamedWhileOff(t *testing.T) {
	on := func(id, day string) cycle.Event {
		return official(t, id, "glance", "spec-freeze", "Glance Spec Freeze", day)
	}
	was := on("i-glance-spec-freeze", "2026-12-10")
	everybodys := official(t, "i-spec-freeze", cycle.CrossProject, "spec-freeze", "Spec Freeze", "2026-12-10")
	own := own(t, "spec-freeze", "Spec freeze", "2026-12-10T23:59:00Z")
	for _, tc := range []struct {
		name, heard, start string
		was, is            cycle.Event
		want               string
	}{
		{"due meanwhile", "2026-11-26T14:00:00Z", "2026-12-03T20:00:00Z", was, on("i-glance-specs", "2026-12-10"), "i-glance-specs/2026-12-10/T-7d"},
		{"put off as well", "2026-11-26T14:00:00Z", "2026-12-05T20:00:00Z", was, on("i-glance-specs", "2026-12-11"), "i-glance-specs/2026-12-11/T-7d"},
		{"put off, and not due any more", "2026-11-26T14:00:00Z", "2026-12-03T20:00:00Z", was, on("i-glance-specs", "2026-12-17"), ""},
		{"said before", "2026-12-03T14:00:00Z", "2026-12-03T20:00:00Z", was, on("i-glance-specs", "2026-12-10"), ""},
		{"the first", "", "2026-12-03T20:00:00Z", was, on("i-glance-specs", "2026-12-10"), "i-glance-specs/2026-12-10/T-14d i-glance-specs/2026-12-10/T-7d"},
		{"the team's own from now on", "2026-11-26T14:00:00Z", "2026-12-03T20:00:00Z", was, own, "spec-freeze/2026-12-10/T-7d"},
		{"everybody's, the team's own from now on", "", "2026-12-03T20:00:00Z", everybodys, own, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReader(t, "2026-11-20T12:00:00Z", tc.was)
			if tc.heard != "" {
				r.v.At = utc(t, tc.heard)
				eff, err := r.p.remind(t.Context(), r.v, r.p.due(r.v, r.v.At.Add(-time.Second), r.v.At)[0])
				r.hears(eff, err)
			}
			r.reads(tc.start, tc.is)
			due := func() string {
				var keys []string
				for _, o := range r.p.due(r.v, r.v.At.Add(-1), r.v.At) {
					keys = append(keys, string(o.Key))
					eff, err := r.p.remind(t.Context(), r.v, o)
					r.hears(eff, err)
				}
				return strings.Join(keys, " ")
			}
			if got := due(); got != tc.want {
				t.Errorf("due at the start: %q, want %q", got, tc.want)
			}
			if got := due(); got != "" {
				t.Errorf("and again: %q", got)
			}
		})
	}
}

// A file whose ids are others at each reading leaves nothing behind of what is not due.
func TestRenamedHourly(t *testing.T) {
	on := func(id string) cycle.Event {
		return official(t, id, "glance", "spec-freeze", "Glance Spec Freeze", "2026-12-10")
	}
	r := newReader(t, "2026-11-20T12:00:00Z", on("a"))
	r.reads("2026-11-20T13:00:00Z", on("b"))
	if found, err := r.v.Get("renamed/b", &renamed{}); found || err != nil {
		t.Errorf("a record is kept of it: %v", err)
	}
}
