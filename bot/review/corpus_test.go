package review_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"torchbearer/bot/review"
)

// Real histories: recorded changes are replayed at many instants, with all that
// was not yet known left out.

// openCorpus opens a file of the recorded reviews, or skips the test, saying so.
func openCorpus(tb testing.TB, parts ...string) io.Reader {
	tb.Helper()
	data := os.Getenv("TORCHBEARER_DATA")
	if data == "" {
		tb.Skip("TORCHBEARER_DATA is not set: recorded changes are not replayed")
	}
	f, err := os.Open(filepath.Join(append([]string{data, "reviews"}, parts...)...))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	if !strings.HasSuffix(f.Name(), ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(b []byte) (err error) {
	s.Time, err = time.Parse(`"2006-01-02 15:04:05.000000000"`, string(b))
	return err
}

// recorded is a change of the MediaWiki corpus.
type recorded struct {
	Number          int `json:"_number"`
	Project, Branch string
	ChangeID        string `json:"change_id"`
	Status          string
	Created         stamp
	Updated         stamp
	Owner           account
	Submitted       stamp
	Revisions       map[string]struct {
		Number   int `json:"_number"`
		Kind     review.Kind
		Created  stamp
		Uploader account
	}
	Messages []struct {
		ID      string
		Author  account
		Date    stamp
		Message string
		Number  int `json:"_revision_number"`
	}
	Votes []struct {
		Label   string
		Value   int
		By      int `json:"_account_id"`
		Date    stamp
		Message string
		Number  int `json:"_revision_number"`
	}
}

type account struct {
	ID int `json:"_account_id"`
}

func (a account) known() review.Account {
	switch {
	case a.ID == 0:
		return review.Account{}
	case a.ID >= 9000:
		return review.Account{ID: a.ID, Username: fmt.Sprintf("bot-%03d", a.ID-9000), Service: true}
	default:
		return review.Account{ID: a.ID, Username: fmt.Sprintf("user-%04d", a.ID-1000)}
	}
}

// raw is the change as a server of today would have told it at an instant: votes
// stand in the first line, and hold for one patch set.
func (r recorded) raw(at time.Time) review.Raw {
	raw := review.Raw{
		Server: "wikimedia", Number: r.Number, Project: r.Project, Branch: r.Branch, ID: r.ChangeID,
		Owner: r.Owner.known(), Created: r.Created.Time,
	}
	for _, p := range r.Revisions {
		if !p.Created.After(at) {
			raw.PatchSets = append(raw.PatchSets, review.RawPatchSet{Number: p.Number, Kind: p.Kind, Uploader: p.Uploader.known(), At: p.Created.Time})
		}
	}
	current := 0
	for _, p := range raw.PatchSets {
		current = max(current, p.Number)
	}
	lines := map[string]string{}
	for _, v := range r.Votes {
		if v.Date.After(at) {
			continue
		}
		lines[v.Message] += " " + review.Given{Label: v.Label, Value: v.Value}.String()
		if v.Number == current {
			same := func(o review.RawVote) bool { return o.Label == v.Label && o.By.ID == v.By }
			raw.Votes = append(slices.DeleteFunc(raw.Votes, same), review.RawVote{Label: v.Label, Value: v.Value, By: account{v.By}.known(), At: v.Date.Time})
		}
	}
	for _, m := range r.Messages {
		if m.Date.After(at) {
			continue
		}
		text := m.Message
		if head, body, _ := strings.Cut(text, "\n"); lines[m.ID] != "" {
			head, _, _ = strings.Cut(head, ":")
			text = head + ":" + lines[m.ID] + "\n" + body
		}
		raw.Messages = append(raw.Messages, review.RawMessage{ID: m.ID, Author: m.Author.known(), At: m.Date.Time, PatchSet: m.Number, Text: text})
		raw.Updated = m.Date.Time
		switch {
		case strings.HasPrefix(text, "Change has been successfully"):
			raw.Status = review.Merged
		case strings.HasPrefix(text, "Abandoned"):
			raw.Status = review.Abandoned
		case strings.HasPrefix(text, "Restored"):
			raw.Status = review.Open
		}
	}
	return raw
}

func TestReplayMediaWiki(t *testing.T) {
	cast := review.Cast{Cores: review.KnownCores(1001, 1002, 1003, 1004)}
	var sizes []int
	turns, neglected, asked := map[review.Party]int{}, 0, 0
	lines := bufio.NewScanner(openCorpus(t, "mediawiki", "changes.jsonl.gz"))
	lines.Buffer(nil, 1<<24)
	for n := 0; lines.Scan(); n++ {
		var r recorded
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rules := review.Rules{CI: []string{"bot-001"}} // gives four of five of the machines' Verified
		if n%2 == 1 {
			rules.CI = nil // then nothing waits for it, and reviewers have their turn
		}
		instants := []time.Time{r.Created.Time}
		for _, m := range r.Messages {
			instants = append(instants, m.Date.Time, m.Date.AddDate(0, 0, 14), m.Date.AddDate(0, 0, 60))
		}
		if (testing.Short() || underRace) && n%10 != 0 {
			continue
		}
		for _, at := range instants {
			c := review.Digest(r.raw(at), rules)
			invariants(t, c, cast, at)
			turns[c.Turn(cast, at).Who]++
			asked++
			if c.Spared(at) {
				neglected++
			}
			sizes = append(sizes, size(t, c))
		}
	}
	if lines.Err() != nil || asked == 0 {
		t.Fatalf("%d instants: %v", asked, lines.Err())
	}
	t.Logf("%d instants, turns %v, neglected at %d", asked, turns, neglected)
	reportSizes(t, sizes)
}

// size is that of the change in the store; read back, it is the same.
func size(tb testing.TB, c review.Change) int {
	tb.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	var back review.Change
	if err := json.Unmarshal(b, &back); err != nil {
		tb.Fatal(err)
	}
	if diff := gocmp.Diff(c, back); diff != "" {
		tb.Fatalf("%d read back:\n%s", c.Number, diff)
	}
	return len(b)
}

func reportSizes(t *testing.T, sizes []int) {
	t.Helper()
	slices.Sort(sizes)
	at := func(per1000 int) int { return sizes[(len(sizes)-1)*per1000/1000] }
	t.Logf("JSON of a change: median %d, 99th percentile %d, 99.9th %d, largest %d bytes", at(500), at(990), at(999), sizes[len(sizes)-1])
	if at(999) > 3<<10 {
		t.Errorf("99.9th percentile of the stored form is %d bytes, over 3 KiB", at(999))
	}
}

// queried is a change of the OpenStack corpus, as `gerrit query` tells it.
type queried struct {
	Number, Project, Branch, Subject, Status, Topic string
	ID                                              string `json:"id"`
	CreatedOn, LastUpdated                          int64
	Open, WIP                                       bool
	Owner                                           who
	Comments                                        []struct {
		Message   string
		Reviewer  who
		Timestamp int64
	}
	PatchSets []struct {
		Number    string
		Kind      review.Kind
		CreatedOn int64
		Uploader  who
		Approvals []struct {
			Type, Value string
			GrantedOn   int64
			By          who
		}
	}
}

type who struct{ Username string }

func (w who) known() review.Account {
	kind, digits, _ := strings.Cut(w.Username, "-")
	id, err := strconv.Atoi(digits)
	switch {
	case err != nil:
		return review.Account{}
	case kind == "bot":
		return review.Account{ID: 9000 + id, Username: w.Username, Service: true}
	default:
		return review.Account{ID: id, Username: w.Username}
	}
}

func TestReplayOpenStack(t *testing.T) {
	rules := review.Rules{CI: []string{"bot-006"}} // the one whose Verified is +1
	cast := review.Cast{Cores: review.KnownCores(13, 1, 2, 3)}
	var sizes []int
	for lines := json.NewDecoder(openCorpus(t, "openstack-six", "changes.jsonl")); ; {
		var q queried
		if err := lines.Decode(&q); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, moment := range append(q.Comments, q.Comments[len(q.Comments)-1]) {
			at := time.Unix(moment.Timestamp, 0).UTC()
			c := review.Digest(q.raw(at), rules)
			for _, days := range []int{0, 14, 60, 400} {
				invariants(t, c, cast, at.AddDate(0, 0, days))
			}
			sizes = append(sizes, size(t, c))
			for _, a := range c.Acts {
				if a.By > 9000 {
					t.Errorf("%s: %s is a machine, and acts: %+v", q.Number, c.Account(a.By).Called(), a)
				}
			}
		}
		final := q.raw(time.Unix(q.LastUpdated, 0))
		if q.Status == "MERGED" {
			final.Status = review.Merged // 9103's log does not say so
		}
		c := review.Digest(final, rules)
		turn := c.Turn(cast, c.Updated.AddDate(0, 0, 90))
		t.Logf("%s: %s, %s; waits since %s, reviewed %v, %d acts, %d bytes", q.Number, turn.Who, turn.Why, c.AuthorUpdate.Format(time.DateOnly), c.Reviewed, len(c.Acts), size(t, c))
	}
	reportSizes(t, sizes)
}

func (q queried) raw(at time.Time) review.Raw {
	number, _ := strconv.Atoi(q.Number)
	raw := review.Raw{
		Server: "opendev", Number: number, Project: q.Project, Branch: q.Branch, Subject: q.Subject, ID: q.ID, Topic: q.Topic,
		Owner: q.Owner.known(), WIP: q.WIP, Created: time.Unix(q.CreatedOn, 0),
	}
	for _, p := range q.PatchSets {
		n, _ := strconv.Atoi(p.Number)
		if when := time.Unix(p.CreatedOn, 0); !when.After(at) {
			raw.PatchSets = append(raw.PatchSets, review.RawPatchSet{Number: n, Kind: p.Kind, Uploader: p.Uploader.known(), At: when})
			raw.Votes = nil
			for _, v := range p.Approvals {
				value, _ := strconv.Atoi(v.Value)
				if granted := time.Unix(v.GrantedOn, 0); !granted.After(at) && v.Type != "SUBM" {
					raw.Votes = append(raw.Votes, review.RawVote{Label: v.Type, Value: value, By: v.By.known(), At: granted})
				}
			}
		}
	}
	slices.SortFunc(raw.PatchSets, func(a, b review.RawPatchSet) int { return cmp.Compare(a.Number, b.Number) })
	for i, m := range q.Comments {
		if when := time.Unix(m.Timestamp, 0); !when.After(at) {
			raw.Messages = append(raw.Messages, review.RawMessage{ID: strconv.Itoa(i), Author: m.Reviewer.known(), At: when, Text: m.Message})
			raw.Updated = when
			if strings.HasPrefix(m.Message, "Change has been successfully") {
				raw.Status = review.Merged
			}
		}
	}
	return raw
}
