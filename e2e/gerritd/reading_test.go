package gerritd_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"torchbearer/bot/gerrit"
	"torchbearer/bot/review"
)

// reading is all that the client learned of a server, in words that both have.
type reading struct {
	Abilities gerrit.Abilities
	Missing   map[string]string
	Errors    map[string]int // status by what was asked for
	Members   map[string][]string
	Mirror    map[string]told // by the change's name
	Reread    map[string]told
}

// told is a change without what differs from server to server: numbers of
// accounts, ids, seconds.
type told struct {
	Subject, Owner  string
	Status          review.Status
	WIP             bool
	Mergeable       review.Fact
	Days            [3]int // created, updated, closed
	PatchSet        string
	Votes, Messages []string
}

func read(t *testing.T, c *gerrit.Client, names map[int]string, zero time.Time) reading {
	t.Helper()
	r := reading{Errors: map[string]int{}, Members: map[string][]string{}, Mirror: map[string]told{}, Reread: map[string]told{}}
	note := func(what string, err error) bool {
		if e, ok := errors.AsType[*gerrit.Error](err); ok {
			r.Errors[what] = e.Status
		} else if err != nil {
			r.Errors[what] = -1
		}
		return err == nil
	}
	mirror := &mirror{changes: map[int]review.Raw{}, read: make(chan struct{}, 100)}
	// Read on from long ago: changes of every status.
	p, err := gerrit.NewPoller(c, gerrit.PollOptions{
		Projects: []string{glance, "openstack/glance-specs"}, Groups: []string{"glance-core", "secret-core", "half-core"},
		Every: time.Hour, Sink: mirror,
		Mark: gerrit.Mark{Scope: `(project:"openstack/glance" OR project:"openstack/glance-specs")`, At: zero.Add(-150 * day), Swept: time.Now().Add(day)},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go p.Run(ctx)
	select {
	case <-mirror.read:
	case <-ctx.Done():
		t.Fatalf("nothing read: %+v", p.State())
	}
	r.Abilities = p.State().Abilities
	for n, raw := range mirror.changes {
		r.Mirror[names[n]] = tell(raw, zero)
	}
	for n, name := range names {
		if raw, err := c.Change(t.Context(), fmt.Sprint(n)); note("change "+name, err) {
			r.Reread[name] = tell(raw, zero)
		}
	}
	for _, group := range []string{"glance-core", "secret-core", "half-core", "none"} {
		members, err := c.Members(t.Context(), group)
		note("group "+group, err)
		for _, m := range members {
			r.Members[group] = append(r.Members[group], m.Username)
		}
		slices.Sort(r.Members[group])
	}
	r.Abilities.Self.ID = 0
	probed, err := c.Probe(ctx, asked, nil)
	if err != nil {
		t.Error(err)
	}
	r.Missing = probed.Missing
	return r
}

// Projects that both servers have, and names of them that are not theirs.
var (
	oddProjects = []string{"a.b", "a#b", "a@b", "sp ace", "ünï", "minus-[x]"}
	asked       = append([]string{
		glance, "openstack/glance-specs", "openstack/glance-spec", "openstack/glance.git", "openstack/glance/", "OpenStack/Glance",
		"secret", "nope", "aXb", "a+b", "q(1)|r", ".*", "..",
	}, oddProjects...)
)

func tell(raw review.Raw, zero time.Time) told {
	days := func(at time.Time) int {
		if at.IsZero() {
			return 0
		}
		return int(zero.Sub(at).Round(day) / day)
	}
	s := told{
		Subject: raw.Subject, Owner: name(raw.Owner), Status: raw.Status, WIP: raw.WIP, Mergeable: raw.Mergeable,
		Days: [3]int{days(raw.Created), days(raw.Updated), days(raw.Closed)},
	}
	for _, ps := range raw.PatchSets {
		s.PatchSet += fmt.Sprintf("%d %s by %s, %d", ps.Number, ps.Kind, name(ps.Uploader), days(ps.At))
	}
	for _, v := range raw.Votes {
		s.Votes = append(s.Votes, fmt.Sprintf("%s%+d by %s, %d", v.Label, v.Value, name(v.By), days(v.At)))
	}
	slices.Sort(s.Votes)
	for _, m := range raw.Messages {
		s.Messages = append(s.Messages, fmt.Sprintf("%s, %d, patch set %d, tag %s: %q", name(m.Author), days(m.At), m.PatchSet, m.Tag, m.Text))
	}
	return s
}

func name(a review.Account) string { return fmt.Sprintf("%s (%s, %v)", a.Username, a.Name, a.Service) }

// mirror is a Sink that keeps all it is given and says when it has all.
type mirror struct {
	changes map[int]review.Raw
	read    chan struct{}
}

func (m *mirror) Open(context.Context) ([]int, error) { return nil, nil }

func (m *mirror) Take(_ context.Context, u gerrit.Update) error {
	for _, c := range u.Changes {
		m.changes[c.Number] = c
	}
	if u.Mark != (gerrit.Mark{}) {
		m.read <- struct{}{}
	}
	return nil
}
