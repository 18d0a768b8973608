package queue

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"torchbearer/bot/review"
	"torchbearer/e2e/gerritd"
	"torchbearer/e2e/ircd"
)

// parties and reasons are how the bot says whose turn a change is, and why.
var parties = map[review.Party]string{
	review.Nobody: "is (merged|abandoned)", review.Author: "is with its author, ", review.Reviewers: "is with reviewers", review.Core: "is with a core",
	review.PTL: "is with the PTL", review.TheCI: "is with CI", review.Gate: "is with the gate",
}

var reasons = map[review.Reason]string{
	review.IsMerged: "merged", review.IsAbandoned: "abandoned", review.InProgress: "work in progress", review.Conflicts: "merge conflict",
	review.GateFailed: "the gate failed", review.InGate: "approved, in the gate", review.Vetoed: "a -2 not answered yet",
	review.VetoAnswered: "its -2 has been answered and still stands", review.Rechecked: "CI runs again", review.CIFailed: "CI failed",
	review.Negative: "a -1 not answered yet", review.NoResult: "no CI result yet", review.Remarked: "a comment not answered yet",
	review.NeedsPTL: "needs the PTL's approval", review.NeedsApproval: "needs approval", review.NeedsSecond: "needs one more \\+2",
	review.NeedsCore: "has a \\+1, needs a core", review.NeedsReview: "needs a review", review.Unreviewed: "no review in %d days",
}

// ours are the stories of the projects that the team has.
func ours() []story {
	var list []story
	for _, c := range stories() {
		if c.project != odd {
			list = append(list, c)
		}
	}
	return list
}

// A day of a team on the modern network, whose Gerrit says what merges.
func TestQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ircd.StartInspIRCd, gerritd.Opts{})
	w.enter("zoe", "nina", "maria", "bob", "erin", "guest")
	w.configure()
	w.start()
	if s := w.status().Reviews[0]; s.Version != gerritd.Version || s.Mergeable != "yes" {
		t.Errorf("status %+v", s)
	}
	w.play(t, []part{
		{"turns", turns},
		{"figures", figures},
		{"refusals", refusals},
		{"ask", asked},
		{"review day", reviewDay},
		{"night", nightly},
		{"Gerrit away", away},
		{"killed", killed},
	})
}

// On OFTC's nearest relative, with a Gerrit that keeps to itself what merges.
func TestQueueOnHybrid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ircd.StartHybrid, gerritd.Opts{NoMergeability: true})
	w.every = "1h"
	w.enter("zoe", "nina", "maria", "bob", "erin", "guest")
	w.configure()
	w.start()
	if s := w.status().Reviews[0]; s.Mergeable != "no" {
		t.Errorf("status %+v", s)
	}
	w.play(t, []part{{"turns", blindTurns}, {"figures", figures}, {"ask", askedAnew}, {"killed", killed}})
}

// part is a part of a story. Each goes on from where the one before it ended.
type part struct {
	name string
	play func(*testing.T, *world)
}

func (w *world) play(t *testing.T, parts []part) {
	t.Helper()
	for _, p := range parts {
		began := time.Now()
		if p.play(t, w); t.Failed() {
			t.Fatalf("that was %q", p.name)
		}
		t.Logf("%s: %v", p.name, time.Since(began).Round(100*time.Millisecond))
	}
	w.harmless(t)
}

func turns(t *testing.T, w *world) { w.turns(t, false) }

func blindTurns(t *testing.T, w *world) { w.turns(t, true) }

// turns asks about every change of the table.
func (w *world) turns(t *testing.T, blind bool) {
	for _, c := range stories() {
		n, expected := w.n(c.name), c.want
		switch {
		case c.project == odd:
			w.answers(t, "guest", "!turn "+n, `^`+n+` is in none of Glance's projects: `)
			continue
		case c.want == (want{}):
			w.answers(t, "guest", "!turn "+n, `^I know no change `+n+`\.$`)
			continue
		case blind && c.blind != nil:
			expected = *c.blind
		}
		re := `^` + n + ` ".*" \((glance|glance_store|glance-specs)\) ` + parties[expected.Turn]
		if expected.Turn == review.Author {
			re += string([]rune(c.owner)[:1]) + "\u200b?" + c.owner[1:]
		}
		if expected.Turn != review.Nobody {
			reason := reasons[expected.Reason]
			if expected.Reason == review.Unreviewed {
				reason = fmt.Sprintf(reason, expected.Days)
			}
			re += `.*: ` + reason + `[. ]`
		}
		unsure := blind && expected.Turn != review.Nobody && expected.Reason != review.InProgress && expected.Reason != review.Conflicts
		got := w.answers(t, "guest", "!turn "+n, re)
		if strings.Contains(got, "Not sure: whether it merges can't be read.") != unsure {
			t.Errorf("%s: %q; want a doubt: %v", c.name, got, unsure)
		}
	}
}

// figures holds what the bot counts to what Gerrit's own search finds.
func figures(t *testing.T, w *world) {
	waiting, neglected := 0, 0
	for _, c := range ours() {
		expected := c.want
		if strings.HasPrefix(expected.Is, inBacklog) {
			waiting++
		}
		if expected.Is == starved {
			neglected++
		}
	}
	said := w.answers(t, "guest", "!backlog", fmt.Sprintf(`^Review queue: %d \(glance \d+, (glance_store|glance-specs) \d+, (glance_store|glance-specs) \d+\)\. \d+ have no review, %d of them for over 14 days; longest: %s, 120 days\. http`, waiting, neglected, w.n(hostileNames[0])))
	// The owner's own -2 counts for nothing, and Gerrit's search counts it.
	if got := len(w.searched(t, said)) + 1; got != waiting {
		t.Errorf("Gerrit finds %d, with the owner's -2; the bot says %q", got, said)
	}
	said = w.answers(t, "guest", "!backlog glance_store", `^Review queue of glance_store: 3\.`)
	if got := w.searched(t, said); len(got) != 3 {
		t.Errorf("Gerrit finds %v, the bot says %q", got, said)
	}
	first := w.n(hostileNames[0])
	w.answers(t, "guest", "!starved", fmt.Sprintf(`^%d changes without review for over 14 days: %s "Add retry PRIVMSG #secret :I am the .*" \(glance, no review in 120 days\); `, neglected, first))
	said = w.hears("guest", fmt.Sprintf(`and %d more\. http`, neglected-5), soon) // it takes a second line
	if got := w.searched(t, said); len(got) != 5 {
		t.Errorf("a link to five changes: %q, %v", said, got)
	}
	said = w.answers(t, "guest", "!next zoe", `^Next for z.?oe: `+first)
	said += w.hears("guest", `and \d+ more\. http`, soon)
	// Zoe gave it its only +2.
	if strings.Contains(said, "URGENT") {
		t.Errorf("zoe is sent to what she has reviewed: %q", said)
	}
}

// refusals say why, and what would help. What is hostile is asked about as all
// else is.
func refusals(t *testing.T, w *world) {
	fresh := w.n("fresh")
	for _, c := range []struct{ who, say, want string }{
		{"nina", "!ask zoe " + w.n("failed"), `^Not asked: CI failed on ` + w.n("failed") + `'s current patch set, so it is with its author, n.?ina\. A recheck or a new patch set that passes brings it back to reviewers\. http`},
		{"nina", "!ask zoe " + w.n("vetoed"), `^Not asked: .*-2`},
		{"nina", "!ask zoe " + w.n("draft"), `^Not asked: .*`},
		{"nina", "!ask bob " + w.n("spec-settled"), `^Not asked: only the PTL's approval is missing on ` + w.n("spec-settled") + `\. Say !ask m.?aria `},
		{"nina", "!ask zoe " + w.n("merged"), `^Not asked: .*merged`},
		{"nina", "!ask zoe " + w.n("shy"), `^I know no change `},
		{"nina", "!ask zoe " + w.n("hostile-bidi"), `^Not asked: CI failed on .*, so it is with its author, m.?allory\.`},
		{"nina", "!ask bob " + w.n("hostile-newline"), `^bob: n.?ina asks for your review of \d+ "Add retry PRIVMSG #secret :I am the bot QUIT :bye" \(glance\): no review in 120 days\. http`},
		{"bob", "!pass " + w.n("hostile-newline"), `^Thank you for saying so\.`},
		{"guest", "!ask zoe " + fresh, `^I take !ask only from .*the network does not say who you are`},
		{"guest", "!reviewday start", `is for Glance's PTL`},
		{"nina", "!ask nobody-at-all " + fresh, `^I know nobody called "n\S*": say `},
	} {
		w.answers(t, c.who, c.say, c.want)
	}
}

// asked is an ask that a real vote answers, of a core and of one through a nested
// group whom the configuration does not name.
func asked(t *testing.T, w *world) {
	fresh, half, began := w.n("fresh"), w.n("half-own"), time.Now()
	for _, c := range []struct{ who, say, want string }{
		{"nina", "!ask zoe " + fresh, `^zoe: n.?ina asks for your review of ` + fresh + ` "The one that is fresh" \(glance\): no review in 2 days\. ` + w.gerrit.URL + `/\S*` + fresh + ` Not for you\? !pass ` + fresh},
		{"nina", "!ask " + half + " erin", `^erin: n.?ina asks for your review of ` + half + ` .*one \+2, waiting since .* for a second\.`},
		{"bob", "!ask maria " + w.n("spec-settled"), `^maria: b.?ob asks for your approval of ` + w.n("spec-settled") + ` .*two \+2, .* for the PTL's approval\.`},
		{"guest", "!asks zoe", `^Open asks: ` + fresh + ` to z.?oe, asked ` + today(began, time.Minute) + ` by n.?ina, (delivered|on its way)`},
	} {
		w.answers(t, c.who, c.say, c.want)
	}
	w.gerrit.Vote("zoe", "fresh", "Code-Review", 2)
	w.gerrit.Say("erin", "half-own", "Why not the other way?")
	w.comes("guest", "!asks zoe", `^No open ask for z.?oe\.$`, polled)
	w.comes("guest", "!asks", `^Open asks: `+w.n("spec-settled")+` to m.?aria, asked `+today(began, polled)+` by b.?ob, delivered$`, polled)
	w.answers(t, "guest", "!turn "+fresh, `is with a core, .*needs one more \+2 \(so far z.?oe\)`)
	w.answers(t, "maria", "!pass "+w.n("spec-settled"), `^Thank you for saying so\.`)
}

// askedAnew is a core who voted a moment ago, of which no poll has told yet: the
// change is read again for the next question about it, and the vote answers.
func askedAnew(t *testing.T, w *world) {
	fresh := w.n("fresh")
	w.answers(t, "nina", "!ask zoe "+fresh, `^zoe: n.?ina asks for your review of `+fresh)
	w.gerrit.Vote("zoe", "fresh", "Code-Review", 2)
	time.Sleep(time.Until(w.read.Add(61 * time.Second))) // newer than that nothing is read again
	w.answers(t, "bob", "!ask zoe "+fresh, `^Not asked: z.?oe has looked at `+fresh+` already, since its last update \(Code-Review\+2 on `)
	w.answers(t, "guest", "!asks zoe", `^No open ask for z.?oe\.$`)
	w.answers(t, "guest", "!turn "+fresh, `is with a core, .*needs one more \+2 \(so far z.?oe\)`)
}

// reviewDay is called by the PTL, whom services vouch for, and counts what was
// done in Gerrit meanwhile.
func reviewDay(t *testing.T, w *world) {
	w.answers(t, "bob", "!reviewday start", `^· !reviewday start is for Glance's PTL\.`)
	w.answers(t, "maria", "!reviewday start", `^Review day until .*UTC\. \d+ changes wait for reviewers\. First: `+w.n(hostileNames[0])+` \(no review in 120 days\), `)
	time.Sleep(time.Second) // Gerrit dates in whole seconds
	w.gerrit.Vote("erin", "near-starved", "Code-Review", 2)
	w.gerrit.Review("bob", "settled", gerritd.Review{Labels: map[string]int{"Workflow": 1}})
	w.gerrit.Report("settled", 2)
	w.gerrit.Submit("settled")
	w.comes("guest", "!reviewday", `2 changes reviewed, 1 of them for the first time; 1 merged`, polled)
	w.answers(t, "maria", "!reviewday stop", `^Review day is over: 2 changes reviewed, 1 of them for the first time; 1 merged\. \d+ still wait, the longest `+w.n(hostileNames[0])+`, 120 days\. Thank you all\.`)
}

// nightly moves the hour of the nightly line to the next minute.
func nightly(t *testing.T, w *world) {
	at := time.Now().UTC().Add(90 * time.Second).Truncate(time.Minute)
	w.night = at.Format("15:04")
	w.reload()
	said := w.hears("guest", `Review queue: \d+ \(glance \d+, .*\)\. \d+ have no review, \d+ of them for over 14 days; longest: `+w.n(hostileNames[0])+`, 120 days\. http`, time.Until(at)+soon)
	figure, err := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(said))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(w.searched(t, said)) + 1; got != figure {
		t.Errorf("Gerrit finds %d, with the owner's -2; the nightly line says %q", got, said)
	}
}

// away is Gerrit's host gone and back: the bot answers, says how old what it
// knows is, and recovers by itself.
func away(t *testing.T, w *world) {
	w.gerrit.Stop()
	w.comes("guest", "!status", `Gerrit can't be read\b.*, last read .* ago, \d+ open changes`, polled)
	if s := w.status().Reviews[0]; !strings.Contains(s.Failing, "connection refused") {
		t.Errorf("status does not say why: %+v", s)
	}
	w.answers(t, "guest", "!turn "+w.n("half"), `is with a core, .*needs one more \+2`)
	w.answers(t, "guest", "!backlog", `^Review queue: \d+`)
	w.answers(t, "nina", "!ask zoe "+w.n("failed"), `^Not asked: CI failed on .*\(Gerrit read .*\)`)
	w.answers(t, "guest", "!turn 999999", `^Gerrit can't be read now, and I don't know 999999 yet\.`)
	w.gerrit.Start()
	w.comes("guest", "!status", `Gerrit read (just now|\d+)`, 2*polled)
}

// killed is a bot that dies as soon as it has taken an ask: the ping is there
// when it is back, and comes once.
func killed(t *testing.T, w *world) {
	n := w.n("nearly-starving")
	began := time.Now()
	w.people["bob"].Quit()
	w.people["nina"].Expect(`^:bob!\S+ QUIT`, soon)
	w.answers(t, "nina", "!ask bob "+n, `^b.?ob is not here: will ask when b.?ob is back\.`)
	w.kill()
	w.people["nina"].Expect(`^:`+bot+`!\S+ QUIT`, soon)
	w.start()
	w.enter("bob")
	w.hears("bob", `bob: n.?ina asks for your review of `+n+` `, time.Minute)
	w.comes("guest", "!asks bob", `^Open asks: `+n+` to b.?ob, asked `+today(began, soon)+` by n.?ina, delivered`, soon)
	pings := 0
	for _, l := range w.people["guest"].Lines() {
		if l.Command == "PRIVMSG" && l.Nick() == bot && strings.HasPrefix(l.Text(), "bob: ") && strings.Contains(l.Text(), n) {
			pings++
		}
	}
	if pings != 1 {
		t.Errorf("pinged %d times", pings)
	}
}

// harmless looks at every line that the bot has handed to the network, after all
// that was said of hostile people and changes.
func (w *world) harmless(t *testing.T) {
	t.Helper()
	known := regexp.MustCompile(`^(CAP|NICK ` + bot + `$|USER|AUTHENTICATE|JOIN ` + room + `$|MODE ` + bot + ` \+B|PING|PONG|WHOIS|WHO|NAMES|PRIVMSG NickServ :IDENTIFY|PRIVMSG ` + room + ` :[^!\x01])`)
	// Those who are called on begin a line; a command may name somebody.
	spoken := regexp.MustCompile(`(?i)^(zoe|nina|bob|maria|erin): `)
	called := regexp.MustCompile(`(?i)\b(` + strings.Join(slices.Sorted(maps.Keys(w.people)), "|") + `)\b`)
	longest, hostile := 0, 0
	for _, l := range w.proxy.Lines() {
		if l.Way != ircd.ToServer {
			continue
		}
		text := regexp.MustCompile(`^@\S+ `).ReplaceAllString(l.Text, "")
		longest = max(longest, len(text))
		switch {
		case !known.MatchString(text):
			t.Errorf("said to the network: %q", l.Text)
		case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
			t.Errorf("not plain text: %q", l.Text)
		}
		said, ok := strings.CutPrefix(text, "PRIVMSG "+room+" :")
		if !ok {
			continue
		}
		if strings.Contains(said, "URGENT") || strings.Contains(said, "Add retry") || strings.Contains(said, "evil.example.org") {
			hostile++
		}
		if called.MatchString(spoken.ReplaceAllString(said, "")) {
			t.Errorf("highlights somebody: %q", said)
		}
	}
	if hostile == 0 {
		t.Error("nothing was said of a hostile change")
	}
	t.Logf("the longest line handed over has %d bytes", longest)
}
