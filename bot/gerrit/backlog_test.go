package gerrit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"torchbearer/bot/bottest"
	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
)

// Whatever the changes: the search that stands beside a figure finds on the
// server what the figure counts.
func TestQueryFindsTheBacklog(t *testing.T) {
	projects := []string{glance, "openstack/glance_store", "odd (old) one"}
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, bottest.GerritOptions{})
			w.Account("arm", "Arm")
			for i := range rapid.IntRange(1, 8).Draw(rt, "changes") {
				name := fmt.Sprint(i)
				w.Create(name, bottest.GerritChange{
					Project: rapid.SampledFrom(append(slices.Clone(projects), "openstack/nova")).Draw(rt, "project"), Owner: "nina",
					WIP: rapid.IntRange(0, 9).Draw(rt, "wip") == 0, Private: rapid.IntRange(0, 9).Draw(rt, "private") == 0,
				})
				for range rapid.IntRange(0, 5).Draw(rt, "acts") {
					switch rapid.IntRange(0, 9).Draw(rt, "act") {
					case 0:
						w.Upload("nina", name)
					case 1:
						w.Rebase("nina", name)
					case 2, 3:
						w.Review(rapid.SampledFrom([]string{"zoe", "bob"}).Draw(rt, "core"), name, bottest.GerritReview{
							Labels: map[string]int{"Code-Review": rapid.IntRange(-2, 2).Draw(rt, "vote")},
						})
					case 4:
						w.Review("zoe", name, bottest.GerritReview{Labels: map[string]int{"Workflow": rapid.IntRange(-1, 1).Draw(rt, "state")}})
					case 5:
						w.Review("erin", name, bottest.GerritReview{Labels: map[string]int{"Verified": -1}})
					default:
						w.Review(rapid.SampledFrom([]string{"zuul", "zuul", "arm"}).Draw(rt, "ci"), name, bottest.GerritReview{
							Labels: map[string]int{"Verified": rapid.SampledFrom([]int{1, 1, 1, 2, 0, -1}).Draw(rt, "result")},
						})
					}
				}
			}
			rules := review.Rules{CI: rapid.SampledFrom([][]string{{"zuul"}, {"zuul", "arm"}, nil}).Draw(rt, "ci accounts")}
			w.poll(gerrit.PollOptions{Projects: projects})
			want := []int{}
			for _, n := range w.mirror.numbers() {
				if review.Digest(w.mirror.get(n), rules).Backlog() {
					want = append(want, n)
				}
			}
			if diff := cmp.Diff(want, w.find(review.Query(projects, rules.CI, nil))); diff != "" {
				rt.Errorf("the search finds others than the backlog (-backlog +found):\n%s", diff)
			}
		})
	})
}

// find is what the server's own search finds, as its web page does.
func (w *world) find(query string) []int {
	w.t.Helper()
	transport := w.Transport()
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.URL+"/a/changes/?q="+url.QueryEscape(query), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth("glancebot", bottest.GerritPassword("glancebot"))
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var rows []struct {
		Number int `json:"_number"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(body), ")]}'\n")), &rows); err != nil {
		w.t.Fatalf("%s: %v: %s", query, err, body)
	}
	found := []int{}
	for _, r := range rows {
		found = append(found, r.Number)
	}
	slices.Sort(found)
	return found
}
