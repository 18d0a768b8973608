package gerrit_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
	"torchbearer/bot/gerrit"
)

// However the server pages, lies about more, and writes meanwhile: every open
// change is read, and none twice in one read.
func TestEveryChangeIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var (
			limit   = rapid.SampledFrom([]int{500, 100, 7}).Draw(rt, "limit")
			changes = rapid.IntRange(0, 350).Draw(rt, "changes")
			perTick = rapid.SampledFrom([]int{1, 3, 300}).Draw(rt, "in one second")
			lie     = rapid.SampledFrom([]string{"", "never more", "always more"}).Draw(rt, "lie")
			busy    = rapid.Bool().Draw(rt, "changes move up between pages")
		)
		if limit == 7 {
			changes = min(changes, 60)
		}
		synctest.Test(t, func(t *testing.T) {
			var w *world
			move := 0
			var moves atomic.Bool
			w = newWorld(t, bottest.GerritOptions{
				Limit: limit,
				More: func(truth bool, _ int) bool {
					return lie == "always more" || lie == "" && truth
				},
				Hook: func(_ http.ResponseWriter, r *http.Request) bool {
					if moves.Load() && changes > 0 && strings.Contains(r.URL.Query().Get("q"), "is:open") {
						time.Sleep(time.Second)
						move = (move + 37) % changes
						w.Review("zoe", fmt.Sprint(move), bottest.GerritReview{Message: "Moved."})
					}
					return false
				},
			})
			moves.Store(busy)
			for i := range changes {
				if i%perTick == 0 {
					time.Sleep(time.Second)
				}
				w.Create(fmt.Sprint(i), bottest.GerritChange{Project: glance, Owner: "nina", Subject: "One of many"})
			}
			time.Sleep(time.Second)
			p := w.poll(gerrit.PollOptions{})
			time.Sleep(4 * time.Minute) // for requests that are paced
			synctest.Wait()
			// What moved up during the read is the next poll's.
			moves.Store(false)
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if got := len(w.mirror.numbers()); got != changes {
				rt.Errorf("read %d of %d changes", got, changes)
			}
			if s := p.State(); s.Failing != "" || s.Read > changes {
				rt.Errorf("state: %+v", s)
			}
		})
	})
}

// More projects than one query may name are read by several.
func TestManyProjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		var projects []string
		for i := range 120 {
			p := fmt.Sprintf("openstack/a-project-with-a-long-name-%03d", i)
			projects = append(projects, p)
			w.Create(p, bottest.GerritChange{Project: p, Owner: "nina", Subject: "One each"})
		}
		w.poll(gerrit.PollOptions{Projects: projects})
		time.Sleep(time.Minute)
		if got := len(w.mirror.numbers()); got != 120 {
			t.Errorf("read changes of %d projects, want 120", got)
		}
		for _, r := range w.Requests() {
			if len(r.Query) > 2200 {
				t.Errorf("a query of %d bytes", len(r.Query))
			}
		}
		w.Review("zoe", projects[0], bottest.GerritReview{Message: "Look."})
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if got := len(w.mirror.get(1).Messages); got != 2 {
			t.Errorf("%d messages on the first project's change, want 2", got)
		}
	})
}

func TestProjectsThatAreNone(t *testing.T) {
	w := newWorld(t, bottest.GerritOptions{})
	for _, name := range []string{"", `a" OR project:"b`, "a}b", "a\\", "a\nb"} {
		if _, err := gerrit.NewPoller(w.client, gerrit.PollOptions{Projects: []string{name}, Every: time.Minute, Sink: w.mirror}); err == nil {
			t.Errorf("project %q is taken", name)
		}
	}
}

// A page that is too dear for the server is asked for in smaller ones.
func TestSmallerPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{Hook: func(_ http.ResponseWriter, r *http.Request) bool {
			q := r.URL.Query()
			if strings.Contains(q.Get("q"), "is:open") && len(q.Get("n")) > 2 { // 100 and more
				<-r.Context().Done()
				return true
			}
			return false
		}})
		for i := range 150 {
			time.Sleep(time.Second)
			w.Create(fmt.Sprint(i), bottest.GerritChange{Project: glance, Owner: "nina", Subject: "One of many"})
		}
		p := w.poll(gerrit.PollOptions{})
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if got := len(w.mirror.numbers()); got != 150 {
			t.Errorf("read %d of 150 changes: %+v", got, p.State())
		}
	})
}
