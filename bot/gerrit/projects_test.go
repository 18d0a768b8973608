package gerrit_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
	"torchbearer/bot/gerrit"
)

// A project that is misspelt or hidden finds nothing in any search; a probe tells.
func TestMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		odd := []string{"a#b", "a@b", "sp ace", "ünï", "{2", "minus-[x]", "a.b", "50%"}
		for _, name := range append(odd, glance, "openstack/glance_store", "openstack/nova") {
			w.Project(name)
		}
		w.HideProject("openstack/secret")
		asked := len(w.Requests())
		a, err := w.client.Probe(t.Context(), []string{glance, "a#b", "a@b", "sp ace", "ünï", "minus-[x]", "a.b", "50%", glance}, nil)
		if err != nil || len(a.Missing) != 0 {
			t.Errorf("of what is there, missing are %q, %v", a.Missing, err)
		}
		if got := len(w.Requests()) - asked; got != 4 {
			t.Errorf("%d requests, want 4, one of them for all projects", got)
		}
		a, err = w.client.Probe(t.Context(), []string{
			glance, "openstack/secret", "openstack/glance-store", "OpenStack/Glance", "openstack/glance.git", "aXb", "", `quo"te`, "{2", "a+b",
		}, nil)
		want := map[string]string{
			"openstack/secret": "", "openstack/glance-store": "did you mean openstack/glance_store?", "OpenStack/Glance": "",
			"openstack/glance.git": "did you mean openstack/glance?", "aXb": "did you mean a#b?",
			"": "no name of a project", `quo"te`: "no name of a project", "{2": "no name of a project", "a+b": "did you mean a#b?",
		}
		if diff := cmp.Diff(want, a.Missing); diff != "" || err != nil {
			t.Errorf("error %v, missing (-want +got):\n%s", err, diff)
		}
	})
}

// Very many projects are asked about in few requests, and a server that takes no
// patterns is asked about each.
func TestMissingOfMany(t *testing.T) {
	for refused, want := range map[bool]int{false: 3 + 3, true: 3 + 3 + 120} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, bottest.GerritOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
				if refused && r.URL.Query().Has("r") {
					http.Error(rw, "no such option", http.StatusBadRequest)
					return true
				}
				return false
			}})
			var names []string
			for i := range 120 {
				names = append(names, fmt.Sprintf("openstack/%03d", i))
				w.Project(names[i])
			}
			a, err := w.client.Probe(t.Context(), names, nil)
			if err != nil || len(a.Missing) != 0 {
				t.Errorf("missing %q, %v", a.Missing, err)
			}
			if got := len(w.Requests()); got != want {
				t.Errorf("%d requests, want %d", got, want)
			}
		})
	}
}

// A server that fails says nothing of projects.
func TestMissingIsNotKnown(t *testing.T) {
	for _, part := range []string{"r=", "p=", "/secret"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, bottest.GerritOptions{Hook: func(rw http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.String(), "projects/") && strings.Contains(r.URL.String(), part) {
					http.Error(rw, "broken", http.StatusInternalServerError)
					return true
				}
				return false
			}})
			if a, err := w.client.Probe(t.Context(), []string{"secret"}, nil); err == nil || a.Missing != nil {
				t.Errorf("%s fails: missing %q, error %v; want an error", part, a.Missing, err)
			}
		})
	}
}

// A project that comes into sight is found in the night, with what was in it
// before; and one that goes out of sight.
func TestMissingComesIntoSight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, bottest.GerritOptions{})
		time.Sleep(12 * time.Hour)
		n := w.Create("cache", bottest.GerritChange{Project: glance, Owner: "nina", Subject: "Cache policy checks"})
		s := w.Create("secret", bottest.GerritChange{Project: "secret", Owner: "nina", Subject: "Of nobody's business"})
		w.HideProject("secret")
		o := gerrit.PollOptions{Projects: []string{glance, "secret"}}
		p := w.poll(o)
		is := func(when string, missing map[string]string, changes ...int) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(missing, p.State().Abilities.Missing); diff != "" {
				t.Errorf("%s, missing (-want +got):\n%s", when, diff)
			}
			if got, want := strings.Join(w.mirror.read().Lacks(), " "), strings.TrimSpace(fmt.Sprint(keys(missing)...)); got != want {
				t.Errorf("%s, the mark lacks %q, want %q", when, got, want)
			}
			if diff := cmp.Diff(changes, w.mirror.numbers()); diff != "" {
				t.Errorf("%s, mirror (-want +got):\n%s", when, diff)
			}
		}
		is("at first", map[string]string{"secret": ""}, n)
		w.Project("secret")
		time.Sleep(24 * time.Hour)
		is("after a night", map[string]string{}, n, s)
		w.HideProject("secret")
		time.Sleep(24 * time.Hour)
		is("after another", map[string]string{"secret": ""}, n)

		// It comes while the bot is away: the next one reads it, though the night
		// is over.
		w.Project("secret")
		o.Mark = w.mirror.read()
		p = w.poll(o)
		is("after a restart", map[string]string{}, n, s)
	})
}

func keys(m map[string]string) (list []any) {
	for k := range m {
		list = append(list, k)
	}
	return list
}
