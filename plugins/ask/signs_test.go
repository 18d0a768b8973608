package ask

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/civil"
	"torchbearer/bot/people"
)

const (
	shownBase = `shows zoe was asked about 912345 "Cache policy checks" (glance) by nina`
	page      = " https://review.opendev.org/912345"
)

// shows is how zoe's ping reads once something has become of it.
func shows(state string) string { return shownBase + ": " + state + "." + page }

// Each sign does what its command does, and its removal takes that back; the
// ping shows what came of it.
func TestSigns(t *testing.T) {
	repeat := strings.Replace(ping, "zoe: nina asks", "zoe: once more, as you said: nina asks", 1)
	asked := []step{
		{"nina !ask zoe", said("say zoe: " + ping)},
		{"deliver zoe", said("heard zoe: " + ping)},
		{"look zoe", said("shows " + ping)},
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"answered by a vote", []step{
			{"zoe votes Code-Review+2", nil},
			{"look zoe", said(shows("reviewed, Code-Review+2, Tue 2026-11-17 14:00 UTC"))},
			{"zoe ✋ zoe", nil},
			{"zoe ❎ zoe", nil},
			{"zoe un❎ zoe", nil},
			{"look zoe", said(shows("reviewed, Code-Review+2, Tue 2026-11-17 14:00 UTC"))},
		}},
		{"answered by a comment", []step{
			{"at 2026-11-18T08:30Z", nil},
			{"zoe comments why?", nil},
			{"look zoe", said(shows("answered with a comment, Wed 2026-11-18 08:30 UTC"))},
		}},
		{"answered before anybody noticed", []step{
			{"at 2026-11-18T08:30Z", nil},
			{"zoe unnoticed Code-Review+1", nil},
			{"at 2026-11-21T08:30Z", nil},
			{"look zoe", said(shows("reviewed, Code-Review+1, Wed 2026-11-18 08:30 UTC"))},
		}},
		{"merged", []step{{"merge", nil}, {"look zoe", said(shows("then it merged"))}}},
		{"abandoned", []step{{"abandon", nil}, {"look zoe", said(shows("then it was abandoned"))}}},
		{"not theirs any more", []step{
			{"erin votes Code-Review-1", nil},
			{"look zoe", said(shows("then it was not with reviewers any more"))},
		}},
		{"no answer", []step{
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
			{"look zoe", said(shows("no answer in 3 working days"))},
			{"at 2026-12-16T14:00Z", nil},
			{"look zoe", said(shows("no answer in 3 working days"))},
		}},
		{"handed on", []step{
			{"at 2026-11-17T14:02Z", nil},
			{"zoe !pass erin", said("say erin: " + strings.Replace(erins, "nina asks for your", "zoe hands on what nina asks: your", 1))},
			{"look zoe", said(shows("handed on to erin, Tue 2026-11-17 14:02 UTC"))},
			{"deliver erin", said("heard erin: " + strings.Replace(erins, "nina asks for your", "zoe hands on what nina asks: your", 1))},
			{"zoe !undo", said("reply Not taken back: erin was asked about 912345 meanwhile." + page)},
			{"zoe un❎ zoe", said("reply Not taken back: erin was asked about 912345 meanwhile.")},
			{"erin ✋ erin", nil},
			{"look erin", said(`shows erin was asked about 912345 "Cache policy checks" (glance) by nina, handed on by zoe: erin has it, since Tue 2026-11-17 14:02 UTC.` + page)},
		}},
		{"✋", []step{
			{"at 2026-11-18T10:00Z", nil},
			{"zoe ✋ zoe", nil},
			{"zoe ✋ zoe", nil},
			{"look zoe", said(shows("zoe has it, since Wed 2026-11-18 10:00 UTC"))},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked Tue by nina, taken today")},
			{"at 2026-11-19T10:00Z", nil},
			{"zoe un✋ zoe", nil},
			{"zoe un✋ zoe", nil},
			{"look zoe", said("shows " + ping)},
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
		}},
		{"✋ taken back when the wait was over", []step{
			{"zoe !taken", said("reply Thank you: zoe has 912345.")},
			{"at 2026-11-20T13:00Z", nil},
			{"at 2026-11-20T13:55Z", nil},
			{"zoe !undo", said("reply Taken back: 912345 waits for zoe, as before.")},
			{"zoe !undo", said("reply You have said nothing about 912345 that could be taken back." + page)},
			{"at 2026-11-20T14:54Z", nil},
			{"at 2026-11-20T14:55Z", said("say nina: " + silent)},
		}},
		{"✋ after the silence was told, and taken back: it is not told twice", []step{
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
			{"deliver nina", said("heard nina: " + silent)},
			{"zoe ✋ nina", nil}, // a sign at the notice
			{"look zoe", said(shows("zoe has it, since Fri 2026-11-20 14:00 UTC"))},
			{"zoe un✋ nina", nil},
			{"at 2027-01-20T14:00Z", nil},
		}},
		{"✋ in time drops the notice, and taken back it comes", []step{
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
			{"zoe ✋ zoe", said("unsaid to nina")},
			{"zoe un✋ zoe", nil},
			{"at 2026-11-20T15:00Z", said("say nina: " + silent)},
		}},
		{"💤 on a Friday: Monday morning", []step{
			{"at 2026-11-20T09:00Z", nil},
			{"zoe 💤 zoe", said("held back from zoe")},
			{"look zoe", said(shows("put off to Mon 2026-11-23 08:00 UTC"))},
			{"zoe 💤 zoe", nil},
			{"zoe !later", said("reply Will ask zoe again about 912345 on Mon 2026-11-23 08:00 UTC.")},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked Tue by nina, put off until Mon 2026-11-23 08:00 UTC")},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 on Tue by nina, put off until Mon 2026-11-23 08:00 UTC; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345" + page)},
			{"at 2026-11-23T08:00Z", nil},
			{"deliver zoe", said("heard zoe: " + repeat)},
			{"look zoe", said(shows("put off to Mon 2026-11-23 08:00 UTC"), "shows "+repeat)},
			{"zoe un💤 zoe", nil}, // it has come
			{"zoe !undo", said("reply You have said nothing about 912345 that could be taken back." + page)},
			{"at 2026-11-26T08:00Z", said("say nina: nina: no answer from zoe on 912345 in 3 working days (asked again Mon, delivered). That is not a yes. erin and carl could review it too: !ask erin 912345")},
			{"zoe votes Code-Review+2", said("unsaid to nina")},
			{"look zoe", said(shows("put off to Mon 2026-11-23 08:00 UTC"), shows("reviewed, Code-Review+2, Thu 2026-11-26 08:00 UTC"))},
		}},
		{"💤 taken back", []step{
			{"zoe 💤 zoe", said("held back from zoe")},
			{"zoe un💤 zoe", said("unsaid to zoe")},
			{"zoe un💤 zoe", nil},
			{"look zoe", said("shows " + ping)},
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
		}},
		{"💤 follows the change, and drops what is not needed", []step{
			{"zoe 💤 zoe", said("held back from zoe")},
			{"erin votes Code-Review+2", said("held back from zoe")},
			{"zuul votes Verified-1", said("unsaid to zoe")},
			{"look zoe", said(shows("then it was not with reviewers any more"))},
			{"zoe un💤 zoe", nil},
		}},
		{"💤 three times", []step{
			{"zoe 💤 zoe", said("held back from zoe")},
			{"at 2026-11-18T08:00Z", nil},
			{"deliver zoe", said("heard zoe: " + repeat)},
			{"zoe 💤 zoe", said("held back from zoe")},
			{"at 2026-11-19T08:00Z", nil},
			{"deliver zoe", said("heard zoe: " + repeat)},
			{"zoe !later", said("held back from zoe", "reply Will ask zoe again about 912345 on Fri 2026-11-20 08:00 UTC.")},
			{"at 2026-11-20T08:00Z", nil},
			{"deliver zoe", said("heard zoe: " + repeat)},
			{"zoe 💤 zoe", said("reply 912345 was put off 3 times already. Say !taken 912345 if you have it, !pass 912345 if it is not for you.")},
			{"zoe ✋ zoe", nil},
			{"look zoe", said(shows("put off to Wed 2026-11-18 08:00 UTC"), shows("put off to Thu 2026-11-19 08:00 UTC"), shows("put off to Fri 2026-11-20 08:00 UTC"), shows("zoe has it, since Fri 2026-11-20 08:00 UTC"))},
		}},
		{"✋ then 💤: who has it is not asked again", []step{
			{"zoe ✋ zoe", nil},
			{"zoe 💤 zoe", said("reply You have 912345 already, so it does not come again. To give it back: !undo 912345")},
			{"at 2026-11-20T13:00Z", nil},
		}},
		{"💤 then ✋, and both taken back", []step{
			{"zoe 💤 zoe", said("held back from zoe")},
			{"zoe ✋ zoe", said("unsaid to zoe")},
			{"zoe un✋ zoe", said("held back from zoe")},
			{"zoe ✋ zoe", said("unsaid to zoe")},
			{"zoe un💤 zoe", nil},
			{"look zoe", said(shows("zoe has it, since Tue 2026-11-17 14:00 UTC"))},
			{"zoe un✋ zoe", nil},
			{"look zoe", said("shows " + ping)},
			{"at 2026-11-20T14:00Z", said("say nina: " + silent)},
		}},
		{"💤 for who does not come back", []step{
			{"zoe 💤 zoe", said("held back from zoe")},
			{"reach zoe gone", nil},
			{"at 2026-11-25T08:00Z", said("say nina: nina: could not ask zoe about 912345 again: zoe was not here. erin and carl could review it: !ask erin 912345")},
			{"look zoe", said(shows("put off, and could not be asked again"))},
		}},
		{"❎ by the asked: who asked is told, once it is no slip", []step{
			{"zoe ❎ zoe", said("held back from nina")},
			{"zoe ❎ zoe", nil},
			{"look zoe", said(shows("passed, Tue 2026-11-17 14:00 UTC"))},
			{"at 2026-11-17T14:02Z", nil},
			{"deliver nina", said("heard nina: nina: 912345 is not for zoe. erin and carl could review it: !ask erin 912345")},
			{"nina !asks", said("reply No open asks.")},
			{"zoe un❎ zoe", nil},
			{"zoe un❎ zoe", nil},
			{"look zoe", said("shows " + ping)},
			{"nina !asks", said("reply Open asks:\n- 912345 to zoe, asked today by nina, delivered")},
			{"at 2026-11-20T14:02Z", said("say nina: " + silent)},
		}},
		{"❎ by mistake", []step{
			{"zoe ❎ zoe", said("held back from nina")},
			{"zoe un❎ zoe", said("unsaid to nina")},
			{"zoe votes Code-Review+2", nil},
			{"look zoe", said(shows("reviewed, Code-Review+2, Tue 2026-11-17 14:00 UTC"))},
		}},
		{"❎ taken back too late", []step{
			{"zoe ❎ zoe", said("held back from nina")},
			{"merge", nil},
			{"zoe un❎ zoe", said("reply Not taken back: 912345 has merged.")},
		}},
		{"❎ taken back by who has answered", []step{
			{"zoe !pass", said("reply Thank you for saying so. erin and carl could review 912345: !ask erin 912345")},
			{"at 2026-11-18T14:02Z", nil},
			{"zoe votes Code-Review+1", nil},
			{"zoe !undo", said("reply Not taken back: zoe has answered meanwhile, with a vote." + page)},
		}},
		{"❎ by who asked", []step{
			{"nina ❎ zoe", nil},
			{"look zoe", said(shows("called off by nina, Tue 2026-11-17 14:00 UTC"))},
			{"zoe un❎ zoe", nil},
			{"maria un❎ zoe", nil},
			{"nina !undo", said("reply Taken back: 912345 waits for zoe, as before.")},
			{"look zoe", said("shows " + ping)},
			{"nina !unask", said("reply Called off: zoe is not asked about 912345 any more.")},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 today by nina, called off by nina; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345" + page)},
		}},
		{"❎ of what was put off: it was heard, and is not asked anew at once", []step{
			{"zoe 💤 zoe", said("held back from zoe")},
			{"nina ❎ zoe", said("unsaid to zoe")},
			{"nina !ask zoe", said("reply Not asked: zoe was asked about 912345 today by nina, called off by nina; again from Tue 24 Nov. erin and carl could review it: !ask erin 912345" + page)},
			{"nina un❎ zoe", said("held back from zoe")},
			{"look zoe", said(shows("put off to Wed 2026-11-18 08:00 UTC"))},
			{"at 2026-11-18T08:00Z", nil},
			{"deliver zoe", said("heard zoe: " + repeat)},
		}},
		{"❎ by the PTL", []step{
			{"maria ❎ zoe", said("held back from nina")},
			{"look zoe", said(shows("called off by maria, Tue 2026-11-17 14:00 UTC"))},
			{"at 2026-11-17T14:02Z", nil},
			{"deliver nina", said("heard nina: nina: maria called off what you asked zoe about 912345." + page)},
		}},
		{"signs of others", []step{
			{"bob ✋ zoe", nil},
			{"nina 💤 zoe", nil},
			{"maria ✋ zoe", nil},
			{"bob ❎ zoe", nil},
			{"dave ❎ zoe", nil},
			{"dave un❎ zoe", nil},
			{"look zoe", said("shows " + ping)},
			{"bob !unask", said("reply Not called off: that is for nina, who asked, or the PTL." + page)},
			{"bob !later", said("reply You have no open ask about 912345." + page)},
			{"bob !undo", said("reply You have said nothing about 912345 that could be taken back." + page)},
		}},
		{"which of them is called off", []step{
			{"nina !ask erin", said("say erin: " + erins)},
			{"maria !unask", said("reply zoe and erin are asked about 912345: which of them? !unask 912345 zoe" + page)},
			{"maria !unask erin", said("unsaid to erin", "held back from nina", "reply Called off: erin will not be asked about 912345.")},
			{"maria !undo", said("unsaid to nina", "say erin: "+erins, "reply Taken back: 912345 waits for erin, as before.")},
			{"maria !unask dave", said("reply No open ask for dave about 912345." + page)},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.age(w.v.At)
			for _, s := range append(asked[:len(asked):len(asked)], tc.steps...) {
				w.do(t, s.do)
				if diff := cmp.Diff(s.want, w.took()); diff != "" {
					t.Fatalf("after %q (-want +got):\n%s", s.do, diff)
				}
			}
		})
	}
}

// What has not been heard yet is put off, taken and taken back as well.
func TestUnheard(t *testing.T) {
	waits := step{"nina !ask zoe", said("say zoe: "+ping, "reply It is 14:00 for zoe: will ask at 22:00 UTC.")}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"put off before it was said", []step{
			{"zoe !later", said("held back from zoe", "reply Will ask zoe about 912345 on Wed 2026-11-18 08:00 UTC.")},
			{"zoe !undo", said("unsaid to zoe", "say zoe: "+ping, "reply Taken back: 912345 waits for zoe, as before.")},
		}},
		{"put off while CI runs", []step{
			{"nina uploads", said("held back from zoe")},
			{"zoe !later", said("held back from zoe", "reply Will ask zoe about 912345 on Wed 2026-11-18 08:00 UTC.")},
			{"zoe !undo", said("unsaid to zoe", "held back from zoe", "reply Taken back: 912345 waits for zoe, as before.")},
		}},
		{"taken, and taken back", []step{
			{"zoe !taken", said("unsaid to zoe", "reply Thank you: zoe has 912345.")},
			{"at 2026-11-25T14:00Z", said("say nina: nina: zoe took 912345 on Tue 17 Nov, and has not come to it in 3 working days. erin and carl could review it too: !ask erin 912345")},
			{"zoe !undo", said("say zoe: "+ping, "reply Taken back: 912345 waits for zoe, as before.")},
			{"deliver zoe", said("heard zoe: " + ping)},
		}},
		{"passed, and taken back", []step{
			{"zoe !pass", said("unsaid to zoe", "reply Thank you for saying so. erin and carl could review 912345: !ask erin 912345")},
			{"zoe !undo", said("say zoe: "+ping, "reply Taken back: 912345 waits for zoe, as before.")},
		}},
		{"called off, which is no time in which nobody asks", []step{
			{"nina !unask", said("unsaid to zoe", "reply Called off: zoe will not be asked about 912345.")},
			waits,
			{"nina !undo", said("reply Not taken back: zoe was asked about 912345 meanwhile." + page)},
		}},
		{"answered at the server while it was taken", []step{
			{"zoe !taken", said("unsaid to zoe", "reply Thank you: zoe has 912345.")},
			{"at 2026-11-18T14:00Z", nil},
			{"zoe unnoticed Code-Review+2", nil},
			{"zoe !undo", said("reply Taken back, but nothing is left to do about 912345.")},
			{"nina !asks", said("reply No open asks.")},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld()
			w.age(w.v.At)
			w.do(t, "reach zoe asleep 2026-11-17T22:00Z")
			for _, s := range append([]step{waits}, tc.steps...) {
				w.do(t, s.do)
				if diff := cmp.Diff(s.want, w.took()); diff != "" {
					t.Fatalf("after %q (-want +got):\n%s", s.do, diff)
				}
			}
		})
	}
}

// Tomorrow is the next working day, when the night is over, of who is not away.
func TestTomorrow(t *testing.T) {
	quiet := func(span string) *people.Quiet {
		var q people.Quiet
		if err := q.UnmarshalText([]byte(span)); err != nil {
			t.Fatal(err)
		}
		return &q
	}
	apia, err := civil.LoadZone("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		now     string
		zone    *time.Location
		quiet   *people.Quiet
		consent people.Consent
		want    string
	}{
		{"nothing said", "2026-11-17T14:00Z", time.UTC, nil, people.Consent{}, "2026-11-18T08:00Z"},
		{"the night ends earlier", "2026-11-17T14:00Z", time.UTC, quiet("22:00-06:30"), people.Consent{}, "2026-11-18T06:30Z"},
		{"elsewhere", "2026-11-17T14:00Z", prague, quiet("22:00-08:00"), people.Consent{}, "2026-11-18T07:00Z"},
		{"their tomorrow, not the server's", "2026-11-17T14:00Z", apia, nil, people.Consent{}, "2026-11-18T19:00Z"},
		{"a night owl", "2026-11-17T14:00Z", time.UTC, quiet("03:00-11:00"), people.Consent{}, "2026-11-18T11:00Z"},
		{"quiet by day", "2026-11-17T14:00Z", time.UTC, quiet("07:00-23:59"), people.Consent{}, "2026-11-18T23:59Z"},
		{"awake for a minute at midnight", "2026-11-17T14:00Z", time.UTC, quiet("00:01-00:00"), people.Consent{}, "2026-11-18T00:00Z"},
		{"after midnight in their quiet hours", "2026-11-18T03:00Z", time.UTC, quiet("22:00-08:00"), people.Consent{}, "2026-11-19T08:00Z"},
		{"Friday", "2026-11-20T14:00Z", time.UTC, nil, people.Consent{}, "2026-11-23T08:00Z"},
		{"Saturday", "2026-11-21T14:00Z", time.UTC, nil, people.Consent{}, "2026-11-23T08:00Z"},
		{"away", "2026-11-17T14:00Z", time.UTC, nil, people.Consent{Away: time.Date(2027, 1, 4, 12, 0, 0, 0, time.UTC)}, "2027-01-04T12:00Z"},
		{"away until a Saturday", "2026-11-17T14:00Z", time.UTC, nil, people.Consent{Away: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)}, "2026-11-30T08:00Z"},
		{"their own hours", "2026-11-17T14:00Z", time.UTC, quiet("22:00-06:00"), people.Consent{NoQuiet: true}, "2026-11-18T08:00Z"},
		{"wants no asks", "2026-11-17T14:00Z", time.UTC, nil, people.Consent{OptedOut: true}, "2026-11-18T08:00Z"},
	} {
		w := newWorld()
		now, err := time.Parse("2006-01-02T15:04Z", tc.now)
		if err != nil {
			t.Fatal(err)
		}
		w.v.At = now
		for i := range w.v.Persons {
			if w.v.Persons[i].ID == "zoe" {
				w.v.Persons[i].Zone, w.v.Persons[i].Quiet = tc.zone, tc.quiet
			}
		}
		w.v.Consents["zoe"] = tc.consent
		if got := w.p.tomorrow(w.v, "zoe").UTC().Format("2006-01-02T15:04Z"); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}
