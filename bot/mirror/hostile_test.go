package mirror_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

// Whatever a server says of a change, the mirror keeps it as a restart will read
// it, or not at all; the changes beside it are kept.
func TestHostile(t *testing.T) {
	for name, spoil := range map[string]func(*review.Raw){
		"no number":          func(r *review.Raw) { r.Number = 0 },
		"a negative number":  func(r *review.Raw) { r.Number = math.MinInt },
		"the largest number": func(r *review.Raw) { r.Number = math.MaxInt },
		"no project":         func(r *review.Raw) { r.Project = "" },
		"private":            func(r *review.Raw) { r.Private = true },
		"a kind without end": func(r *review.Raw) { r.PatchSets[0].Kind = review.Kind(strings.Repeat("REWORK", 1e5)) },
		"a project without end": func(r *review.Raw) {
			r.Project = strings.Repeat("../", 1e5)
		},
		"a branch that is no text": func(r *review.Raw) { r.Branch = "\xff\xfe\x00\x1b]0;" },
		"a subject of controls":    func(r *review.Raw) { r.Subject = strings.Repeat("\r\n\x01@everyone ", 1e4) },
		"a status of its own":      func(r *review.Raw) { r.Status = "on holiday" },
		"a year nobody can write":  func(r *review.Raw) { r.Updated = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC) },
		"closed before all time":   func(r *review.Raw) { r.Status, r.Closed = review.Merged, time.Unix(math.MinInt32, 0) },
		"nothing at all":           func(r *review.Raw) { *r = review.Raw{Number: 7, Project: glance} },
		"a crowd": func(r *review.Raw) {
			for i := range 1000 {
				*r = said(*r, review.Account{ID: 1000 + i, Name: strings.Repeat("<\u2028", 100)}, start, "no", review.Given{Label: "Code-Review", Value: -2})
			}
		},
		"votes of labels that are none": func(r *review.Raw) {
			r.Votes = append(r.Votes, review.RawVote{Label: "Code Review\n+2", Value: math.MinInt, By: zoe})
			r.Votes = append(r.Votes, review.RawVote{Label: "Code-Review", Value: math.MinInt, By: zoe})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			raw := uploaded(7, glance, start)
			spoil(&raw)
			w.full(t, uploaded(1, glance, start), raw, uploaded(8, glance, start))
			before := known(w.m, raw.Project)
			if len(before) < 2 || before[0].Number != 1 {
				t.Fatalf("the others are gone: %+v", before)
			}
			_ = w.store.View(context.Background(), func(tx bot.ReadTx) error {
				for key, value := range tx.Scan("mirror/") {
					if len(value) > 8<<10 {
						t.Errorf("%s takes %d bytes", key, len(value))
					}
				}
				return nil
			})
			w.restart(t)
			same(t, "known after a restart", known(w.m, raw.Project), before)
			if w.m.Mark(opendev) == nil {
				t.Errorf("the mirror can't be read: %s", w.log)
			}
			written := w.written
			w.take(t, mirror.Reading{Changes: []review.Raw{raw}})
			same(t, "written for the same again", w.written, written)
			for _, c := range before {
				if c.Private {
					t.Errorf("%d is private", c.Number)
				}
			}
		})
	}
}

// What turns private is gone that moment, also where a second row, or the poller
// itself, says otherwise.
func TestPrivate(t *testing.T) {
	for name, reading := range map[string]func(public, private review.Raw) mirror.Reading{
		"as the poller says it": func(_, _ review.Raw) mirror.Reading { return mirror.Reading{Gone: []int{1}} },
		"as a row":              func(_, private review.Raw) mirror.Reading { return mirror.Reading{Changes: []review.Raw{private}} },
		"in two rows": func(public, private review.Raw) mirror.Reading {
			return mirror.Reading{Changes: []review.Raw{private, public}}
		},
		"in two rows, the other way round": func(public, private review.Raw) mirror.Reading {
			return mirror.Reading{Changes: []review.Raw{public, private}}
		},
		"gone and there": func(public, _ review.Raw) mirror.Reading {
			return mirror.Reading{Changes: []review.Raw{public}, Gone: []int{1}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			raw := uploaded(1, glance, start.Add(-day))
			w.full(t, raw)
			private := raw
			private.Private = true
			w.now = start.Add(time.Minute)
			same(t, "told", w.take(t, reading(said(raw, zoe, w.now, "secret"), private)), []string(nil))
			same(t, "keys", w.keys(), []string{"mirror/opendev/mark"})
			same(t, "known", known(w.m), []review.Change(nil))
		})
	}
}

// A change with a long history takes 3 KiB at most.
func TestSize(t *testing.T) {
	w := newWorld(t)
	w.full(t, busy(1), busy(2))
	_ = w.store.View(context.Background(), func(tx bot.ReadTx) error {
		for key, value := range tx.Scan("mirror/opendev/change/") {
			t.Logf("%s: %d bytes", key, len(value))
			if len(value) > 3<<10 || !json.Valid(value) {
				t.Errorf("%s takes %d bytes", key, len(value))
			}
		}
		return nil
	})
}

// busy is a change that twelve people and two CI systems have fought over.
func busy(number int) review.Raw {
	raw := uploaded(number, glance, start.Add(-300*day))
	raw.Subject, raw.Topic = strings.Repeat("Sübject of a change ", 20), strings.Repeat("bp/topic-", 20)
	for i := range 120 {
		at := start.Add(time.Duration(i-200) * day)
		by := review.Account{ID: 10_000 + i*number%12, Username: fmt.Sprintf("reviewer%02d", i*number%12), Name: "Somebody With A Name"}
		raw = said(raw, by, at, strings.Repeat("many words ", 100), review.Given{Label: "Code-Review", Value: i%2*2 - 1})
		raw = said(raw, zuul, at.Add(time.Hour), strings.Repeat("- job https://zuul.example.org SUCCESS in 1h\n", 40))
		if i%10 == 0 {
			raw = said(raw, nina, at.Add(2*time.Hour), "done")
		}
	}
	return raw
}
