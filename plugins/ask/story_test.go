package ask

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ping is voice 6.
const ping = `zoe: nina asks for your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. https://review.opendev.org/912345 Not for you? !pass 912345`

// erins is the same for erin, silent voice 10.
const (
	erins  = `erin: nina asks for your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. https://review.opendev.org/912345 Not for you? !pass 912345`
	silent = `nina: no answer from zoe on 912345 in 3 working days (asked Tue, delivered). That is not a yes. erin and carl could review it too: !ask erin 912345`
)

// step is one line of a story and what is said after it.
type step struct {
	do   string
	want []string
}

func said(lines ...string) []string { return lines }

// Each story is told from the command to the end; see world.do for its words.
func TestStories(t *testing.T) {
	const url = " https://review.opendev.org/912345"
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"asked and answered by a vote", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked today by nina, delivered")},
			{"zoe votes Code-Review+1", nil},
			{"nina !asks", said("reply No open asks.")},
			{"at 2026-11-30T09:00Z", nil},
		}},
		{"a comment answers, inline or not", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"zoe comments why not a set?", nil},
			{"nina !asks zoe", said("reply No open ask for zoe.")},
			{"nina !ask zoe", said("reply Not asked: 912345 has a comment from zoe that is not answered yet, so it is with its author, nina. A new patch set or an answer brings it back to reviewers." + url)},
			{"at 2026-11-17T14:05Z", nil},
			{"nina comments it keeps the order, see line 4", nil},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 today by nina, answered with a comment; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345" + url)},
			{"at 2026-11-24T14:00Z", nil},
			{"nina !ask zoe", said("say zoe: " + ping)},
		}},
		{"nobody answers: the asker is told once", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T13:59Z", nil},
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
			{"deliver nina", said("heard nina: " + silent)},
			{"bob !asks", said("reply Open asks:\n- 912345 to zoe, asked Tue by nina, delivered, no answer yet")},
			{"at 2026-12-02T14:00Z", nil},
			{"zoe votes Code-Review+1", nil},
			{"bob !asks", said("reply No open asks.")},
		}},
		{"a weekend is no time to answer", []step{
			{"at 2026-11-20T08:00Z", nil},
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-25T07:59Z", nil},
			{"at 2026-11-25T08:00Z", said("say nina: nina: no answer from zoe on 912345 in 3 working days (asked Fri, delivered). That is not a yes. erin and carl could review it too: !ask erin 912345")},
		}},
		{"the mirror knows of an answer that nobody told of", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-18T14:00Z", nil},
			{"zoe unnoticed Code-Review+2", nil},
			{"at 2026-12-20T14:00Z", nil},
			{"nina !asks", said("reply No open asks.")},
		}},
		{"nobody is called silent while the server can't be read", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T13:50Z", nil},
			{"gerrit down", nil},
			{"at 2026-11-20T15:30Z", nil},
			{"gerrit up", nil},
			{"at 2026-11-20T16:00Z", said("say nina: " + silent)},
		}},
		{"nor while CI runs", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T13:50Z", nil},
			{"nina uploads", nil},
			{"at 2026-11-20T14:30Z", nil},
			{"zuul votes Verified+1", nil},
			{"at 2026-11-20T15:00Z", said("say nina: nina: no answer from zoe on 912345 in 3 working days (asked Tue, delivered). That is not a yes. bob, erin and carl could review it too: !ask bob 912345")},
		}},
		{"an act from before the ask is no answer", []step{
			{"erin votes Code-Review+2", nil},
			{"nina !ask erin", said(`say erin: erin: nina asks for your approval of 912345 "Cache policy checks" (glance): two +2, waiting since Tue 17 Nov for approval. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"deliver erin", said(`heard erin: erin: nina asks for your approval of 912345 "Cache policy checks" (glance): two +2, waiting since Tue 17 Nov for approval. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"at 2026-11-17T15:00Z", nil},
			{"carl votes Code-Review+1", nil},
			{"nina !asks", said("reply Open asks:\n- 912345 to erin, asked today by nina, delivered")},
			{"erin votes Workflow+1", nil},
			{"nina !asks", said("reply No open asks.")},
		}},
		{"an ask whose time is over is not put right any more", []step{
			{"reach zoe gone", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply zoe is not here: will ask when zoe is back.")},
			{"suspend 2026-11-25T14:00Z", nil},
			{"dave votes Code-Review+1", nil},
			{"nina uploads", nil},
		}},
		{"a silence before a review is not counted", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
			{"at 2026-11-20T15:00Z", nil},
			{"dave votes Code-Review+1", nil},
			{"nina !ask erin", said("say erin: " + erins)},
			{"deliver erin", said("heard erin: " + erins)},
			{"at 2026-11-25T15:00Z", said("say nina: nina: no answer from erin on 912345 in 3 working days (asked Fri, delivered). That is not a yes. zoe and carl could review it too: !ask zoe 912345")},
		}},
		{"who has it was not silent", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"nina !ask erin", said("say erin: " + erins)},
			{"deliver erin", said("heard erin: " + erins)},
			{"zoe !taken", said("reply Thank you: zoe has 912345.")},
			{"at 2026-11-20T14:00Z", said(
				"say nina: nina: zoe took 912345 on Tue 17 Nov, and has not come to it in 3 working days. carl could review it too: !ask carl 912345",
				"say nina: nina: no answer from erin on 912345 in 3 working days (asked Tue, delivered). That is not a yes. carl could review it too: !ask carl 912345")},
		}},
		{"nobody else is left", []step{
			{"reach erin opted-out", nil},
			{"reach carl opted-out", nil},
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T14:00Z", said("say nina: nina: no answer from zoe on 912345 in 3 working days (asked Tue, delivered). That is not a yes. Nobody else is left to ask for now; maria, the PTL, may know a way.")},
		}},
		{"two askers, one core", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"dave !ask zoe", said("reply Not asked: zoe was asked about 912345 today by nina, on its way; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345" + url)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-18T08:00Z", nil},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 on Tue by nina, delivered; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345" + url)},
		}},
		{"deferred over night, and answered meanwhile", []step{
			{"at 2026-11-18T02:10Z", nil},
			{"reach zoe zone", nil},
			{"reach zoe asleep 2026-11-18T07:00Z", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply It is 03:10 for zoe: will ask at 08:00 CET (07:00 UTC).")},
			{"nina !asks zoe", said("reply Open asks:\n- 912345 to zoe, asked today by nina, waits until Wed 2026-11-18 08:00 CET (07:00 UTC)")},
			{"zoe votes Code-Review+2", said("unsaid to zoe")},
			{"nina !asks", said("reply No open asks.")},
		}},
		{"what waits is put right", []step{
			{"reach zoe asleep 2026-11-17T22:00Z", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply It is 14:00 for zoe: will ask at 22:00 UTC.")},
			{"erin votes Code-Review+2", said(`amend zoe: zoe: nina asks for your approval of 912345 "Cache policy checks" (glance): two +2, waiting since Tue 17 Nov for approval. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"merge", said("unsaid to zoe")},
			{"at 2026-12-01T14:00Z", nil},
		}},
		{"not needed any more: who asked is told", []step{
			{"reach zoe gone", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply zoe is not here: will ask when zoe is back.")},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked today by nina, waits: zoe is not here")},
			{"zuul votes Verified-1", said(
				"unsaid to zoe",
				"say nina: nina: zoe was not asked after all: CI failed on 912345's current patch set, so it is with its author, nina. A recheck or a new patch set that passes brings it back to reviewers."+url)},
			{"nina uploads", nil},
			{"zuul votes Verified+1", nil},
			{"nina !ask zoe", said(`say zoe: zoe: nina asks for your review of 912345 "Cache policy checks" (glance): no review since its last update. https://review.opendev.org/912345 Not for you? !pass 912345`, "reply zoe is not here: will ask when zoe is back.")},
		}},
		{"held while CI runs", []step{
			{"reach zoe asleep 2026-11-18T07:00Z", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply It is 14:00 for zoe: will ask at 07:00 UTC.")},
			{"nina uploads", said("held back from zoe")},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked today by nina, waits while CI runs")},
			{"at 2026-11-20T08:00Z", nil},
			{"zuul votes Verified+1", said(`amend zoe: zoe: nina asks for your review of 912345 "Cache policy checks" (glance): no review in 2 days. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"at 2026-11-22T08:00Z", nil},
			{"deliver zoe", said(`heard zoe: zoe: nina asks for your review of 912345 "Cache policy checks" (glance): no review in 4 days. https://review.opendev.org/912345 Not for you? !pass 912345`)},
		}},
		{"held for as long as it lasts", []step{
			{"reach zoe asleep 2026-11-18T07:00Z", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply It is 14:00 for zoe: will ask at 07:00 UTC.")},
			{"nina uploads", said("held back from zoe")},
			{"at 2026-11-30T08:00Z", said("unsaid to zoe", "say nina: nina: could not ask zoe about 912345 in 7 days: CI has not passed.")},
		}},
		{"held back while it was on its way", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"nina uploads", said("held back from zoe")},
			{"arrive zoe", said("heard zoe: " + strings.Replace(ping, "one +2, waiting since Fri 13 Nov for a second", "needs a review, waiting since Tue 17 Nov", 1))},
			{"zuul votes Verified+1", nil},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked today by nina, delivered")},
		}},
		{"somebody who is away is asked then", []step{
			{"reach zoe away 2027-01-04T08:00Z", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply zoe is away until Mon 2027-01-04 08:00 UTC: will ask then.")},
			{"at 2026-12-01T08:00Z", nil},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 on Tue 17 Nov by nina, waits until Mon 2027-01-04 08:00 UTC. erin and carl could review it: !ask erin 912345" + url)},
		}},
		{"asked often enough today", []step{
			{"reach zoe capped 2026-11-18T00:00Z", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply zoe has been asked 3 times today: will ask tomorrow at 00:00 UTC.")},
		}},
		{"in another room", []step{
			{"reach zoe elsewhere", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply Asked in #glance-dev.")},
		}},
		{"asked in private, the ping is in the room", []step{
			{"nina privately !ask zoe", said("say zoe: "+ping, "reply Asked in #glance.")},
		}},
		{"with a note", []step{
			{`nina !ask zoe the "race" is fixed`, said(`say zoe: zoe: nina asks for your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. Note: "the 'race' is fixed". https://review.opendev.org/912345 Not for you? !pass 912345`)},
		}},
		{"on old data the answer says so", []step{
			{"gerrit down", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply Asked (Gerrit read 25 min ago).")},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 today by nina, on its way; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345 (Gerrit read 25 min ago)" + url)},
		}},
		{"never reached: who asked is told, and may ask anew", []step{
			{"reach zoe gone", nil},
			{"nina !ask zoe", said("say zoe: "+ping, "reply zoe is not here: will ask when zoe is back.")},
			{"at 2026-11-24T14:00Z", said("say nina: nina: could not ask zoe about 912345 in 7 days: zoe was not here. erin and carl could review it: !ask erin 912345")},
			{"reach zoe here", nil},
			{"nina !ask zoe", said("say zoe: " + ping)},
		}},
		{"refused by the network", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"refuse zoe muted in the channel (404)", said("say nina: nina: could not ask zoe about 912345: muted in the channel (404). erin and carl could review it: !ask erin 912345")},
		}},
		{"handed on to somebody", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"zoe !pass dave", said("reply Not handed on: dave is no core of openstack/glance. erin and carl could review it: !ask erin 912345" + url)},
			{"zoe !pass nina", said("reply Not handed on: nina is who asked." + url)},
			{"zoe !pass erin", said(`say erin: erin: zoe hands on what nina asks: your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"zoe !pass", said("reply You have no open ask about 912345." + url)},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 today by nina, and handed it on to erin; again from Tue 24 Nov. carl could review it: !ask carl 912345" + url)},
			{"at 2026-11-17T14:10Z", nil},
			{"deliver erin", said(`heard erin: erin: zoe hands on what nina asks: your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"at 2026-11-20T14:10Z", said("say nina: nina: no answer from erin on 912345 in 3 working days (asked Tue, delivered). That is not a yes. carl could review it too: !ask carl 912345")},
		}},
		{"handed on to nobody", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"zoe !pass", said("unsaid to zoe", "reply Thank you for saying so. erin and carl could review 912345: !ask erin 912345")},
			{"at 2026-12-20T14:10Z", nil},
		}},
		{"only who was asked", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"maria !pass", said("reply You have no open ask about 912345." + url)},
			{"maria !taken", said("reply You have no open ask about 912345." + url)},
		}},
		{"taken: the wait begins anew, once", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-19T10:00Z", nil},
			{"zoe !taken", said("reply Thank you: zoe has 912345.")},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked Tue by nina, taken today")},
			{"at 2026-11-23T10:00Z", nil},
			{"zoe !taken", said("reply Thank you: zoe has 912345.")},
			{"at 2026-11-24T10:00Z", said("say nina: nina: zoe took 912345 on Thu 19 Nov, and has not come to it in 3 working days. erin and carl could review it too: !ask erin 912345")},
			{"at 2027-01-10T10:00Z", nil},
		}},
		{"taken after the silence was told", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T15:00Z", said("say nina: " + silent)},
			{"zoe !taken", said("unsaid to nina", "reply Thank you: zoe has 912345.")},
			{"at 2026-11-25T15:00Z", said("say nina: nina: zoe took 912345 on Fri 20 Nov, and has not come to it in 3 working days. erin and carl could review it too: !ask erin 912345")},
			{"zoe votes Code-Review+1", said("unsaid to nina")},
			{"at 2026-12-20T15:00Z", nil},
		}},
		{"the second silence marks the change, a review takes the mark off", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
			{"nina !ask erin", said("say erin: " + erins)},
			{"deliver nina", said("heard nina: " + silent)},
			{"reach carl opted-out", nil},
			{"deliver erin", said("heard erin: " + erins)},
			{"at 2026-11-23T14:00Z", nil},
			{"at 2026-11-25T14:00Z", said(
				"say nina: nina: no answer from erin on 912345 in 3 working days (asked Fri, delivered). That is not a yes. zoe could review it too: !ask zoe 912345",
				"mark 912345 silence 10 until 2026-12-23T14:00: two asks without an answer")},
			{"dave comments looks right to me", said("unsaid to nina", "mark 912345 silence 10 until 2026-11-25T14:00: two asks without an answer")},
		}},
		{"what reviewers are not asked for ends without a word", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"erin votes Code-Review-1", nil},
			{"nina !asks", said("reply No open asks.")},
			{"at 2026-12-20T15:00Z", nil},
		}},
		{"CI, a recheck, the bot and the author answer nothing", []step{
			{"nina !ask zoe", said("say zoe: " + ping)},
			{"deliver zoe", said("heard zoe: " + ping)},
			{"arista votes Verified-1", nil},
			{"zoe comments recheck", nil},
			{"bot comments zoe was asked", nil},
			{"nina comments could somebody look?", nil},
			{"zuul votes Verified+2", nil},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked today by nina, delivered")},
		}},
		{"a core that the configuration does not name", []step{
			{"nina !ask carl", said(`say opendev:7: carl: nina asks for your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"deliver carl", said(`heard opendev:7: carl: nina asks for your review of 912345 "Cache policy checks" (glance): one +2, waiting since Fri 13 Nov for a second. https://review.opendev.org/912345 Not for you? !pass 912345`)},
			{"carl votes Code-Review+2", nil},
			{"nina !asks", said("reply No open asks.")},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.age(w.v.At)
			for _, s := range tc.steps {
				w.do(t, s.do)
				if diff := cmp.Diff(s.want, w.took()); diff != "" {
					t.Fatalf("after %q (-want +got):\n%s", s.do, diff)
				}
			}
		})
	}
}
