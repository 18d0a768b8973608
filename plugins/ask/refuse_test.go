package ask

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/civil"
	"torchbearer/bot/msg"
	"torchbearer/bot/review"
)

// Every reason why somebody is not asked, in words.
func TestRefusals(t *testing.T) {
	const end = " https://review.opendev.org/912345"
	for _, tc := range []struct {
		name  string
		given func(w *world)
		says  string
		want  string
	}{
		{"CI failed", after("zuul", "Verified-1"), "nina !ask zoe", "CI failed on 912345's current patch set, so it is with its author, nina. A recheck or a new patch set that passes brings it back to reviewers." + end},
		{"CI runs again", after("zuul", "Verified-1", "dave", "recheck"), "nina !ask zoe", "CI runs again on 912345. It is back with reviewers once CI has passed." + end},
		{"no result yet", func(w *world) { w.upload("nina") }, "nina !ask zoe", "CI has no result yet on 912345's current patch set. It is back with reviewers once CI has passed." + end},
		{"a -1", after("dave", "Code-Review-1"), "nina !ask zoe", "912345 has a -1 from dave that is not answered yet, so it is with its author, nina. A new patch set or an answer brings it back to reviewers." + end},
		{"a -2, named once", after("erin", "Code-Review-2"), "nina !ask zoe", "912345 has a -2 from erin that is not answered yet, so it is with its author, nina. A new patch set or an answer brings it back to reviewers." + end},
		{"a comment", after("dave", "why?"), "nina !ask zoe", "912345 has a comment from dave that is not answered yet, so it is with its author, nina. A new patch set or an answer brings it back to reviewers." + end},
		{"merged", func(w *world) { w.raw.Status = review.Merged }, "nina !ask zoe", "912345 has merged." + end},
		{"abandoned", func(w *world) { w.raw.Status = review.Abandoned }, "nina !ask zoe", "912345 is abandoned. Restoring it would bring it back." + end},
		{"work in progress", func(w *world) { w.raw.WIP = true }, "nina !ask zoe", "912345 is work in progress, so it is with its author, nina. Its author has to say that it is ready for review." + end},
		{"in conflict", func(w *world) { w.raw.Mergeable = review.No }, "nina !ask zoe", "912345 is in merge conflict, so it is with its author, nina. A rebase brings it back to reviewers." + end},
		{"in the gate", after("erin", "Workflow+1"), "nina !ask zoe", "912345 is approved and in the gate. It lands by itself if the gate passes." + end},
		{"the gate failed", after("erin", "Workflow+1", "zuul", "Verified-2"), "nina !ask zoe", "the gate failed on 912345, so it is with its author, nina. A recheck or a new patch set that passes brings it back." + end},
		{"who uploaded last is the author", func(w *world) { w.upload("dave"); w.says("zuul", "Verified-1") }, "nina !ask zoe", "CI failed on 912345's current patch set, so it is with its author, dave. A recheck or a new patch set that passes brings it back to reviewers." + end},
		{"own change", nil, "zoe !ask nina", "912345 is nina's own change. zoe, erin and carl could review it: !ask zoe 912345" + end},
		{"no core", nil, "nina !ask dave", "dave is no core of openstack/glance. zoe, erin and carl could review it: !ask zoe 912345" + end},
		{"has looked at it", after("zoe", "Code-Review+1"), "nina !ask zoe", "zoe has looked at 912345 already, since its last update (Code-Review+1 on Tue 17 Nov). erin and carl could review it: !ask erin 912345" + end},
		{"voted a minute ago: read anew", after("zoe", "Code-Review+2"), "nina !ask bob", ""},
		{"the cores can't be read", func(w *world) { w.v.Casts["openstack/glance"] = review.Cast{} }, "nina !ask zoe", "who the cores of openstack/glance are can't be read now." + end},
		{"only the PTL", spec, "nina !ask zoe", "only the PTL's approval is missing on 912345. Say !ask maria 912345." + end},
		{"the PTL's own turn", spec, "nina !ask maria", ""},
		{"the giver of an answered -2", func(w *world) { w.says("erin", "Code-Review-2"); w.upload("nina"); w.says("zuul", "Verified+1") }, "nina !ask erin", ""},
		{"oneself", nil, "zoe !ask zoe", "it is yours to review, zoe." + end},
		{"no account", func(w *world) { delete(w.v.Accounts, "zoe") }, "nina !ask zoe", "no account of zoe on the review server is known." + end},
		{"opted out", func(w *world) { w.reach("zoe", "opted-out") }, "nina !ask zoe", "zoe has asked not to be asked by the bot. erin and carl could review it: !ask erin 912345" + end},
		{"who can be reached is named first", func(w *world) { w.reach("erin", "gone") }, "nina !ask dave", "dave is no core of openstack/glance. zoe, carl and erin could review it: !ask zoe 912345" + end},
		{"who is away is not named", func(w *world) { w.reach("zoe", "away 2027-01-04T08:00Z") }, "nina !ask dave", "dave is no core of openstack/glance. erin and carl could review it: !ask erin 912345" + end},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.age(w.v.At)
			if tc.given != nil {
				tc.given(w)
				w.v.Queue = []review.Change{w.change()}
			}
			w.do(t, tc.says)
			got := w.took()
			if tc.want == "" {
				if len(w.box) != 1 {
					t.Errorf("got %q, want a ping", got)
				}
				return
			}
			if diff := cmp.Diff([]string{"reply Not asked: " + tc.want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(w.v.Records) > 0 {
				t.Errorf("a refusal wrote %s", w.v.Records)
			}
		})
	}
}

// after is a world in which pairs of who and what have been said.
func after(pairs ...string) func(w *world) {
	return func(w *world) {
		for i := 0; i < len(pairs); i += 2 {
			w.v.At = w.v.At.Add(time.Second)
			w.says(pairs[i], pairs[i+1])
		}
	}
}

// spec is a change that only the PTL has to approve.
func spec(w *world) {
	cast := w.v.Casts["openstack/glance"]
	cast.Spec = true
	w.v.Casts["openstack/glance"] = cast
	after("erin", "Code-Review+2")(w)
}

// The reason for the ping, for each turn that has one.
func TestPingSaysWhy(t *testing.T) {
	fresh := func(w *world) { w.upload("nina"); w.says("zuul", "Verified+1") }
	for _, tc := range []struct {
		name  string
		given func(w *world)
		who   string
		want  string
	}{
		{"one +2", nil, "zoe", "your review: one +2, waiting since Fri 13 Nov for a second"},
		{"approval", after("erin", "Code-Review+2"), "zoe", "your approval: two +2, waiting since Tue 17 Nov for approval"},
		{"approval, of who voted", after("erin", "Code-Review+2"), "erin", "your approval: two +2, waiting since Tue 17 Nov for approval"},
		{"the PTL's", spec, "maria", "your approval: two +2, waiting since Tue 17 Nov for the PTL's approval"},
		{"nothing yet", fresh, "zoe", "your review: no review since its last update"},
		{"a +1", func(w *world) { fresh(w); after("dave", "Code-Review+1")(w) }, "zoe", "your review: a +1, waiting since Tue 17 Nov for a core"},
		{"reviewed, and nothing left of it", func(w *world) {
			fresh(w)
			after("dave", "Code-Review+1")(w)
			w.raw.Votes = w.raw.Votes[:1]
			w.log("dave", "", "Patch Set 2: -Code-Review")
		}, "zoe", "your review: needs a review, waiting since Tue 17 Nov"},
		{"an answered -2, its giver", func(w *world) { w.says("erin", "Code-Review-2"); fresh(w) }, "erin", "your review: your -2 was answered on Tue 17 Nov and still stands"},
		{"an answered -2, another core", func(w *world) { w.says("erin", "Code-Review-2"); fresh(w) }, "zoe", "your review: a -2 was answered on Tue 17 Nov and still stands"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.age(w.v.At)
			if tc.given != nil {
				tc.given(w)
				w.v.Queue = []review.Change{w.change()}
			}
			w.do(t, "nina !ask "+tc.who)
			want := tc.who + ": nina asks for " + insert(tc.want) + ". https://review.opendev.org/912345 Not for you? !pass 912345"
			if diff := cmp.Diff([]string{"say " + tc.who + ": " + want}, w.took()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// insert puts what every ping says into the words of one.
func insert(s string) string {
	for i := range s {
		if s[i] == ':' {
			return s[:i] + ` of 912345 "Cache policy checks" (glance)` + s[i:]
		}
	}
	return s
}

// Where other teams are too, what the bot says to type names the team.
func TestTypedWithTheTeam(t *testing.T) {
	team := glance()
	team.Shared = []bot.Room{room}
	w := newWorld()
	w.p = newPlugin(team, *defaults().(*Config))
	w.age(w.v.At)
	w.do(t, "nina !ask dave")
	w.do(t, "nina !ask zoe")
	got := strings.Join(w.took(), "\n")
	for _, want := range []string{": !ask@glance zoe 912345", "Not for you? !pass@glance 912345"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want it to contain %q", got, want)
		}
	}
}

// No nick in what the bot says of people is one that a client would find.
func TestNobodyElseIsCalled(t *testing.T) {
	w := newWorld()
	w.age(w.v.At)
	w.do(t, "nina !ask dave")
	w.do(t, "nina !ask zoe")
	for _, say := range w.box {
		if got := msg.IRC(say.Message, w.v.At, 400); len(got) != 1 || got[0][:5] != "zoe: " {
			t.Errorf("got %q, want one line that begins with who is asked", got)
		}
		for _, in := range say.Message.Blocks[0].Para {
			if in.Mention != nil && in.Mention.Person != "zoe" {
				t.Errorf("mentions %s", in.Mention.Person)
			}
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    Config
		want []string
	}{
		{"the defaults", *defaults().(*Config), nil},
		{"everything", Config{Again: civil.ClockSpan(time.Hour), Daily: 0, Wait: civil.ClockSpan(time.Hour)}, []string{"again", "daily", "wait"}},
		{"too much", Config{Again: civil.DaySpan(1), Daily: 51, Wait: civil.DaySpan(61)}, []string{"daily", "wait"}},
		{"weeks are days", Config{Again: civil.DaySpan(14), Daily: 1, Wait: civil.DaySpan(7)}, nil},
	} {
		var got []string
		tc.c.Validate(func(key, _ string) { got = append(got, key) })
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// A preview has no records: nothing is due, and nothing breaks.
func TestNothingDueWithoutRecords(t *testing.T) {
	in, err := Plugin().New(bot.Team{ID: "glance"}, defaults())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	w.v.Read, w.v.Queue = bot.ReviewState{}, nil
	if occs := in.Jobs[0].Due(w.v, w.v.At, w.v.At.AddDate(1, 0, 0)); len(occs) > 0 {
		t.Errorf("due: %v", occs)
	}
}
