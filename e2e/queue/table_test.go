package queue

import (
	"cmp"

	"torchbearer/bot/review"
	"torchbearer/e2e/gerritd"
)

const (
	inBacklog = "backlog"
	starved   = "backlog starved spared"
	spared    = "spared"
)

func words(text string, code int) gerritd.Review {
	return gerritd.Review{Message: text, Labels: map[string]int{"Code-Review": code}}
}

// stories is the table: every line of the definitions.
func stories() []story {
	all := []story{
		// Turn: nobody.
		{
			name: "merged", life: lived(30, votes(29, "zoe", 2), votes(28, "bob", 2), label(27, "bob", "Workflow", 1), reports(26.9, 0), reports(26.8, 2), lands(26.7)),
			want: want{review.Nobody, review.IsMerged, 30, "", ""},
		},
		{name: "abandoned", life: lived(10, dropped(5, "zoe")), want: want{review.Nobody, review.IsAbandoned, 10, "", ""}},

		// Author: private, which nobody else sees; work in progress; Workflow -1;
		// merge conflict.
		{name: "hidden", life: []deed{createdAs(30, false, true)}},
		{name: "shy", life: lived(30, hides(5))},
		{name: "near-private", life: lived(100, votes(70, "zoe", -2), hides(69))},
		{name: "draft", life: []deed{createdAs(30, true, false), passes(29)}, want: want{review.Author, review.InProgress, 30, "", ""}},
		{name: "paused", life: lived(30, pauses(5)), want: want{review.Author, review.InProgress, 30, spared, ""}},
		{name: "paused-early", life: lived(30, pauses(25)), want: want{review.Author, review.InProgress, 30, "", ""}},
		{name: "ready", life: []deed{createdAs(40, true, false), passes(39), readies(5)}, want: want{review.Reviewers, review.Unreviewed, 40, starved, ""}},
		{name: "held", life: lived(30, label(5, "nina", "Workflow", -1)), want: want{review.Author, review.InProgress, 30, spared, ""}},
		{name: "held-by-core", life: lived(10, label(5, "zoe", "Workflow", -1)), want: want{review.Author, review.InProgress, 10, "", ""}},
		{
			name: "clash", life: lived(100, reply(90, "carl", words("Fine.", 1)), clashes(80)),
			want:  want{review.Author, review.Conflicts, 100, inBacklog, ""},
			blind: &want{review.Core, review.NeedsCore, 100, inBacklog, ""},
		},
		{
			name: "clash-starved", life: lived(30, clashes(5)),
			want:  want{review.Author, review.Conflicts, 30, starved, ""},
			blind: &want{review.Reviewers, review.Unreviewed, 30, starved, ""},
		},
		{name: "clash-told", life: []deed{created(10), clashes(9), failsToMerge(8)}, want: want{review.Author, review.Conflicts, 10, "", ""}},
		{
			name: "clash-of-another", life: []deed{created(10), failsToMerge(8)}, // it merges; one it depends on does not
			want:  want{review.Author, review.CIFailed, 10, "", ""},
			blind: &want{review.Author, review.Conflicts, 10, "", ""},
		},

		// Workflow +1: author if the gate failed, else gate.
		{name: "gating", life: lived(10, votes(9, "zoe", 2), label(8, "bob", "Workflow", 1), reports(7, 0)), want: want{review.Gate, review.InGate, 10, "", ""}},
		{name: "approved", life: lived(10, label(8, "bob", "Workflow", 1)), want: want{review.Gate, review.InGate, 10, "", ""}},
		{name: "gate-failed", life: lived(10, label(8, "bob", "Workflow", 1), reports(7.5, 0), reports(7, -2)), want: want{review.Author, review.GateFailed, 10, "", ""}},
		{name: "gate-passed", life: lived(10, label(8, "bob", "Workflow", 1), reports(7, 2), label(6, "bob", "Workflow", 0)), want: want{review.Reviewers, review.NeedsReview, 10, inBacklog, ""}},

		// A standing -2: author while unanswered, core once answered.
		{name: "vetoed", life: lived(20, reply(18, "zoe", words("No.", -2))), want: want{review.Author, review.Vetoed, 20, "", ""}},
		{name: "veto-reworked", life: lived(20, votes(18, "zoe", -2), uploads(10), passes(9)), want: want{review.Core, review.VetoAnswered, 10, "", ""}},
		{name: "veto-discussed", life: lived(20, votes(18, "zoe", -2), says(10, "nina", "There is no other way.")), want: want{review.Core, review.VetoAnswered, 10, "", ""}},
		{name: ownVeto, owner: "bob", life: lived(20, votes(18, "bob", -2)), want: want{review.Reviewers, review.Unreviewed, 20, starved, ""}},

		// CI negative: ci if rechecked since the last report, else author.
		{name: "failed", life: []deed{created(10), fails(9)}, want: want{review.Author, review.CIFailed, 10, "", ""}},
		{name: "rechecked", life: []deed{created(10), fails(9), says(8, "nina", "recheck")}, want: want{review.TheCI, review.Rechecked, 10, "", ""}},
		{name: "failed-again", life: []deed{created(10), fails(9), says(8, "nina", "recheck bug 1"), fails(7)}, want: want{review.Author, review.CIFailed, 10, "", ""}},
		{name: "passed-then", life: []deed{created(10), fails(9), says(8, "nina", "recheck"), passes(7)}, want: want{review.Reviewers, review.Unreviewed, 10, inBacklog, ""}},
		{name: "failed-and-vetoed", life: []deed{created(10), fails(9), votes(8, "zoe", -2)}, want: want{review.Author, review.Vetoed, 10, "", ""}},

		// A negative human vote not answered: author.
		{name: "negative", life: lived(20, reply(18, "carl", words("Please add a test.", -1))), want: want{review.Author, review.Negative, 20, inBacklog, ""}},
		{name: "negative-discussed", life: lived(20, votes(18, "carl", -1), says(10, "nina", "It has one.")), want: want{review.Reviewers, review.Unreviewed, 10, inBacklog, ""}},
		{name: "negative-reworked", life: lived(20, votes(18, "carl", -1), uploads(10), passes(9)), want: want{review.Reviewers, review.Unreviewed, 10, inBacklog, ""}},
		{name: "negative-taken-back", life: lived(20, votes(18, "carl", -1), votes(10, "carl", 0)), want: want{review.Reviewers, review.NeedsReview, 20, inBacklog, ""}},
		{name: "negative-verified", life: lived(20, label(18, "carl", "Verified", -1)), want: want{review.Author, review.Negative, 20, inBacklog, ""}},
		{name: "negative-untested", life: []deed{created(20), votes(18, "carl", -1)}, want: want{review.Author, review.Negative, 20, "", ""}},
		{name: "negative-own", life: lived(20, votes(18, "nina", -1)), want: want{review.Reviewers, review.Unreviewed, 20, starved, ""}},

		// No CI result on the current patch set: ci.
		{name: "untested", life: []deed{created(10)}, want: want{review.TheCI, review.NoResult, 10, "", ""}},
		{name: "untested-again", life: lived(20, uploads(10)), want: want{review.TheCI, review.NoResult, 10, "", ""}},
		{name: "untested-remarked", life: []deed{created(10), says(9, "carl", "Why?")}, want: want{review.TheCI, review.NoResult, 10, "", ""}},
		{name: "tested-elsewhere", life: []deed{created(20), label(19, "acme", "Verified", 1)}, want: want{review.TheCI, review.NoResult, 20, "", ""}},

		// A human comment without a positive vote, not answered: author.
		{name: "remarked", life: lived(20, says(18, "carl", "Why not the other way round?")), want: want{review.Author, review.Remarked, 20, inBacklog, ""}},
		{name: "remarked-inline", life: lived(20, reply(18, "bob", gerritd.Review{Inline: "Typo."})), want: want{review.Author, review.Remarked, 20, inBacklog, ""}},
		{name: "remark-answered", life: lived(20, says(18, "carl", "Why?"), says(10, "nina", "Because.")), want: want{review.Reviewers, review.Unreviewed, 10, inBacklog, ""}},
		{name: "remark-praised", life: lived(20, reply(18, "carl", words("Nice. One nit, though.", 1))), want: want{review.Core, review.NeedsCore, 20, inBacklog, ""}},

		// Two core +2: ptl for a spec, core otherwise. One core +2, or a +1: core.
		{name: "spec-settled", project: specs, life: lived(20, votes(18, "zoe", 2), votes(17, "bob", 2)), want: want{review.PTL, review.NeedsPTL, 20, inBacklog, ""}},
		{name: "spec-half", project: specs, life: lived(20, votes(18, "zoe", 2)), want: want{review.Core, review.NeedsSecond, 20, inBacklog, ""}},
		{name: "settled", life: lived(20, votes(18, "zoe", 2), votes(17, "bob", 2)), want: want{review.Core, review.NeedsApproval, 20, inBacklog, ""}},
		{name: "settled-nested", life: lived(20, votes(18, "zoe", 2), votes(17, "erin", 2)), want: want{review.Core, review.NeedsApproval, 20, inBacklog, ""}},
		{name: "half", life: lived(20, votes(18, "zoe", 2)), want: want{review.Core, review.NeedsSecond, 20, inBacklog, ""}},
		{name: "half-nested", life: lived(20, votes(18, "erin", 2), votes(17, "carl", 1)), want: want{review.Core, review.NeedsSecond, 20, inBacklog, ""}},
		{name: "half-own", owner: "bob", life: lived(20, votes(18, "bob", 2), votes(17, "zoe", 2)), want: want{review.Core, review.NeedsSecond, 20, inBacklog, ""}},
		{name: "half-former", life: lived(20, votes(18, "eva", 2), leaves(10, "eva")), want: want{review.Core, review.NeedsCore, 20, inBacklog, ""}},
		{name: "praised", life: lived(20, votes(18, "carl", 1)), want: want{review.Core, review.NeedsCore, 20, inBacklog, ""}},
		{name: "praised-own", owner: "bob", life: lived(20, votes(18, "bob", 2)), want: want{review.Reviewers, review.Unreviewed, 20, starved, ""}},
		{name: "store-half", project: store, life: lived(20, votes(18, "carl", 2)), want: want{review.Core, review.NeedsSecond, 20, inBacklog, ""}},

		// Reviewers. Starved: 14 days and no less.
		{name: "fresh", life: lived(2), want: want{review.Reviewers, review.Unreviewed, 2, inBacklog, ""}},
		{name: "starving", life: lived(14), want: want{review.Reviewers, review.Unreviewed, 14, starved, ""}},
		{name: "nearly-starving", life: lived(13.5), want: want{review.Reviewers, review.Unreviewed, 13, inBacklog, ""}},
		{name: "odd-waiting", project: odd, life: lived(40), want: want{review.Reviewers, review.Unreviewed, 40, starved, ""}},
		{name: "odd-failed", project: odd, life: []deed{created(10), fails(9)}, want: want{review.Author, review.CIFailed, 10, "", ""}},

		// What is no author update, and what is no review.
		{name: "rebased", life: lived(30, rebases(5, "nina"), passes(4)), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "rebased-by-another", life: lived(30, rebases(5, "carl"), passes(4), votes(3, "carl", 1)), want: want{review.Core, review.NeedsCore, 30, inBacklog, ""}},
		{name: "reworded", life: lived(30, rewords(5), passes(4)), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "anybody", life: lived(30, says(5, "nina", "Could somebody look?")), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "reworked", life: lived(30, uploads(5), passes(4)), want: want{review.Reviewers, review.Unreviewed, 5, inBacklog, ""}},
		{name: "third-party", life: lived(30, reply(20, "acme", gerritd.Review{Message: "Build failed.", Labels: map[string]int{"Verified": -1}})), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "service", life: lived(30, reply(20, "relbot", words("Looks released.", 1))), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "tagged", life: lived(30, reply(20, "carl", gerritd.Review{Message: "A script's word.", Tag: "autogenerated:script"})), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "bot-spoke", life: lived(30, says(20, bot, "Nobody has looked.")), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "marucci", life: lived(30, says(20, "tony", "I am no machine.")), want: want{review.Author, review.Remarked, 30, inBacklog, ""}},
		{name: "recheck-of-reader", life: lived(30, says(20, "carl", "recheck"), passes(19)), want: want{review.Reviewers, review.Unreviewed, 30, starved, ""}},
		{name: "recheck-of-owner", life: lived(30, says(20, "carl", "Why?"), says(10, "nina", "recheck"), passes(9)), want: want{review.Author, review.Remarked, 30, inBacklog, ""}},

		// Spared, until a review or an author update.
		{name: "spared-failed", life: lived(30, fails(5)), want: want{review.Author, review.CIFailed, 30, spared, ""}},
		{name: "spared-clash", life: lived(30, clashes(6), failsToMerge(5)), want: want{review.Author, review.Conflicts, 30, spared, ""}},
		{name: "spared-long", life: lived(100, fails(70)), want: want{review.Author, review.CIFailed, 100, spared, ""}},
		{name: "spared-no-more", life: lived(100, fails(70), says(65, "carl", "CI is unhappy.")), want: want{review.Author, review.CIFailed, 100, "", review.CIFailed}},
		{name: "spared-reworked", life: lived(100, fails(70), uploads(65), fails(64)), want: want{review.Author, review.CIFailed, 65, "", review.CIFailed}},
		{name: "never-spared", life: lived(100, fails(90)), want: want{review.Author, review.CIFailed, 100, "", review.CIFailed}},

		// Candidates, by each reason.
		{name: "core-veto", life: lived(100, votes(70, "zoe", -2)), want: want{review.Author, review.Vetoed, 100, "", review.Vetoed}},
		{name: "core-negative", life: lived(100, votes(70, "bob", -1)), want: want{review.Author, review.Negative, 100, inBacklog, review.Negative}},
		{name: "core-nested", life: lived(100, votes(70, "erin", -1)), want: want{review.Author, review.Negative, 100, inBacklog, review.Negative}},
		{name: "core-copied", life: lived(100, votes(70, "bob", -1), rebases(20, "nina"), passes(19)), want: want{review.Author, review.Negative, 100, inBacklog, review.Negative}},
		{name: "core-limit", life: lived(100, votes(60, "bob", -1)), want: want{review.Author, review.Negative, 100, inBacklog, review.Negative}},
		{name: "core-of-store", project: store, life: lived(100, votes(70, "carl", -1)), want: want{review.Author, review.Negative, 100, inBacklog, review.Negative}},
		{name: "ci-long", life: []deed{created(100), fails(99)}, want: want{review.Author, review.CIFailed, 100, "", review.CIFailed}},
		{name: "clash-long", life: []deed{created(100), clashes(71), failsToMerge(70), rewords(65)}, want: want{review.Author, review.Conflicts, 100, "", review.Conflicts}},

		// And near misses.
		{name: "near-core", life: lived(100, votes(59.5, "bob", -1)), want: want{review.Author, review.Negative, 100, inBacklog, ""}},
		{name: "near-ci", life: []deed{created(100), fails(99), fails(59.5)}, want: want{review.Author, review.CIFailed, 100, "", ""}},
		{name: "near-clash", life: []deed{created(100), clashes(71), failsToMerge(59.5), rewords(50)}, want: want{review.Author, review.Conflicts, 100, "", ""}},
		{name: "near-outsider", life: lived(100, votes(70, "carl", -1)), want: want{review.Author, review.Negative, 100, inBacklog, ""}},
		{name: "near-store", project: store, owner: "eva", life: lived(100, votes(70, "zoe", -1)), want: want{review.Author, review.Negative, 100, inBacklog, ""}},
		{name: "near-wip", life: lived(100, votes(90, "zoe", -2), pauses(89)), want: want{review.Author, review.InProgress, 100, "", ""}},
		{name: "near-held", life: lived(100, votes(90, "bob", -1), label(89, "nina", "Workflow", -1)), want: want{review.Author, review.InProgress, 100, "", ""}},
		{name: "near-approved", life: lived(100, votes(90, "bob", -1), label(89, "zoe", "Workflow", 1)), want: want{review.Gate, review.InGate, 100, "", ""}},
		{name: "near-answered", life: lived(100, votes(90, "bob", -1), says(65, "nina", "See above.")), want: want{review.Reviewers, review.Unreviewed, 65, starved, ""}},
		{name: "near-third-party", life: lived(100, votes(90, "carl", 1), label(70, "acme", "Verified", -1)), want: want{review.Core, review.NeedsCore, 100, inBacklog, ""}},
		{name: "near-starved", life: lived(100), want: want{review.Reviewers, review.Unreviewed, 100, starved, ""}},
	}
	for i, subject := range hostileSubjects {
		all = append(all, story{
			name: hostileNames[i], owner: "mallory", subject: subject,
			life: hostileLives()[i].life, want: hostileLives()[i].want,
		})
	}
	for i, c := range all {
		all[i].project = cmp.Or(c.project, glance)
		all[i].owner = cmp.Or(c.owner, "nina")
		all[i].subject = cmp.Or(c.subject, "The one that is "+c.name)
		all[i].file = cmp.Or(c.file, c.name+".txt")
	}
	return all
}

// ownVeto is the change whose owner gave it a -2, which counts for nothing; the
// server's search counts it.
const ownVeto = "veto-own"
