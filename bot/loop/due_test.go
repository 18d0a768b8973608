package loop_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"torchbearer/bot"
)

const cantSay = "A job can't say what is due (see the log). What it would say waits until it can."

// What came due while a job could not say so is done when it can: in this life,
// or after a restart with a mended plugin. The operators are told once.
func TestAJobThatCantSayWhatIsDue(t *testing.T) {
	for _, restart := range []bool{false, true} {
		tell(t, func(w *world) {
			w.plan.jobs = []bot.Job{once("a", w.now().Add(time.Hour), "", nil), once("b", w.now().Add(5*time.Hour), "", nil)}
			w.start()
			w.pass(30 * time.Minute)
			w.plan.faulty.Store(true)
			w.pass(3 * time.Hour)
			if restart {
				w.stop()
			}
			w.plan.faulty.Store(false)
			if restart {
				w.start()
			}
			w.pass(10 * time.Minute)
			told := w.told()
			report, rest, _ := strings.Cut(told, "; ")
			if !strings.HasPrefix(report, "say operators/due/") || !strings.HasSuffix(report, " #ops "+cantSay) || rest != "say glance/test/a #glance says a" {
				t.Errorf("restart %t: told %s", restart, told)
			}
			if got := w.logged("can't say what is due"); got != 1 {
				t.Errorf("restart %t: %d lines in the log, want one", restart, got)
			}
			w.pass(3 * time.Hour)
			if got, want := w.told(), told+"; say glance/test/b #glance says b"; got != want {
				t.Errorf("restart %t: got  %s\nwant %s", restart, got, want)
			}
		})
	}
}

// While one job can't say, others are looked at again and again: what was too
// late is logged once, and what failed has its rest.
func TestOthersBesideAJobThatCantSay(t *testing.T) {
	tell(t, func(w *world) {
		var tries atomic.Int64
		w.plan.jobs = []bot.Job{
			once("late", w.now().Add(-48*time.Hour), "", nil),
			once("a", w.now().Add(time.Minute), "", func(bot.View) error {
				tries.Add(1)
				return errors.New("no")
			}),
		}
		w.start()
		w.stop()
		w.offset.Store(int64(-72 * time.Hour))
		w.start()
		w.stop()
		w.offset.Store(0)
		w.plan.beside = errors.New("a bug")
		w.start()
		w.pass(time.Minute + 30*time.Second)
		if err := w.l.Look(w.t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := tries.Load(); got != 1 {
			t.Errorf("%d tries within half a minute, want one", got)
		}
		w.pass(10 * time.Minute)
		if got := w.logged("too late"); got != 1 {
			t.Errorf("%d times too late in the log, want once:\n%s", got, w.log.String())
		}
	})
}
