package gerritd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
	"torchbearer/e2e/gerritd"
)

// The server in memory, which every other test trusts, is held to the real one:
// the client reads the same of both.
func TestServerInMemoryIsLikeTheRealOne(t *testing.T) {
	for _, tc := range []struct {
		name   string
		served bool
		users  []string
	}{
		{"mergeability served", true, []string{"glancebot"}},
		{"mergeability not served", false, []string{"glancebot", ""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			real := gerritd.Start(t, gerritd.Opts{Seed: lived(), NoMergeability: !tc.served})
			fake := imagined(t, real.SeededAt, tc.served)
			fakeNames := map[int]string{}
			for _, n := range real.Names() {
				fakeNames[fake.Number(n)] = n
			}
			for _, user := range tc.users {
				want := read(t, client(t, real.URL, user, gerritd.Password(user), nil), real.Names(), real.SeededAt)
				got := read(t, client(t, fake.URL, user, bottest.GerritPassword(user), fake.Transport()), fakeNames, real.SeededAt)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("as %q, of the server in memory the client reads other things than of the real one (-real +memory):\n%s", user, diff)
				}
				missing := []string{
					".*", "..", "OpenStack/Glance", "a+b", "aXb", "nope", "openstack/glance-spec", "openstack/glance.git", "openstack/glance/",
					"q(1)|r", "secret",
				}
				if diff := cmp.Diff(missing, slices.Sorted(maps.Keys(want.Missing))); diff != "" {
					t.Errorf("as %q, missing on the real server (-want +got):\n%s", user, diff)
				}
				if len(want.Mirror) < 7 || want.Mirror["hidden"].Subject != "" || want.Mirror["shy"].Subject != "" {
					t.Errorf("as %q, the mirror holds %v", user, want.Mirror)
				}
			}
			for _, query := range searches() {
				want := search(t, real.URL, http.DefaultTransport, real.Names(), query)
				got := search(t, fake.URL, fake.Transport(), fakeNames, query)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("search %s (-real +memory):\n%s", query, diff)
				}
			}
		})
	}
}

// searches that the bot makes, and some that are refused.
func searches() []string {
	return []string{
		"is:open", "status:merged", "is:abandoned", "is:wip", "-is:wip is:open", "owner:nina is:open",
		"is:open label:Verified>=1,user=zuul", "is:open label:Verified>=1,user=zuul label:Workflow=0 -label:Code-Review=-2 -is:wip",
		"is:open label:Code-Review=2", "label:Workflow=1", "is:open -label:Workflow=0",
		`(project:"openstack/glance" OR project:"openstack/glance-specs") is:open`, "project:openstack/nova OR is:wip is:open",
		"is:mergeable", "foo:bar",
	}
}

// search asks as nobody, and returns names or a refusal.
func search(t *testing.T, server string, transport http.RoundTripper, names map[int]string, query string) []string {
	t.Helper()
	c := &http.Client{Transport: transport, Timeout: time.Minute}
	resp, err := c.Get(server + "/changes/?q=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return []string{fmt.Sprintf("%d %s", resp.StatusCode, bytes.TrimSpace(body))}
	}
	var rows []struct {
		Number int `json:"_number"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte(")]}'")), &rows); err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, r := range rows {
		found = append(found, names[r.Number])
	}
	return found
}
