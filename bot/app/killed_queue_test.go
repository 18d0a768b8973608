package app_test

import (
	"fmt"
	"strings"
	"testing"

	"torchbearer/bot/bottest/scenario"
	"torchbearer/plugins/all"
)

// killed plays a story once for each commit at which the bot may be killed: HERE
// stands for it. A kill that is not reached by then falls where it may.
func killed(t *testing.T, commits int, config, script string) {
	t.Helper()
	world, err := scenario.Read("testdata/queue.world")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= commits; n++ {
		for _, side := range []string{"before", "after"} {
			where := fmt.Sprintf("%s %d", side, n)
			t.Run(where, func(t *testing.T) {
				t.Parallel()
				story := "-- config.toml --\n" + config + "-- script --\n" + strings.ReplaceAll(script, "HERE", where)
				scenario.Play(t, t.Name(), world.And(scenario.Parse(story)), all.Plugins())
			})
		}
	}
}

// An ask, killed at every commit from the command to the answer. bob hears of it
// once; on IRC perhaps twice. Whoever asks again because nothing was heard is
// told that it was asked, or it is asked then; the ledger has it once.
func TestAskKilledAtEveryCommit(t *testing.T) {
	killed(t, 5, `
[team.glance.plugin.backlog]
`, `
at 2026-12-01T12:00Z
gerrit create cache openstack/glance nina Cache policy checks
gerrit ci cache +1
start
wait 1m
crash HERE
say net/#glance nina@nina !ask bob {cache}
wait 1s
revive
wait 1m
revive
dm net nina@nina ask bob {cache}
wait 1m
revive
wait 1m
[rich] count net/#glance 1 /^bob: nina asks for your review of {cache} /
[plain] count net/#glance 1-2 /^bob: nina asks for your review of {cache} /
count net/nina 0-1 /^Not asked: bob was asked about {cache} today by nina, |^Asked in #glance/
dm net paul@paul asks
expect net/paul Open asks: {cache} to bob, asked today by nina, delivered
crash HERE
gerrit review bob cache Code-Review+2
wait 6m
revive
wait 6m
dm net paul@paul asks
expect net/paul No open asks.
expect none
`)
}

// A review day, killed at every commit of its opening and of its end.
func TestReviewDayKilledAtEveryCommit(t *testing.T) {
	killed(t, 4, `
[team.glance.plugin.reviewday]
days = ["Tuesday"]
open = "13:00"
close = "14:00"
`, `
at 2026-12-01T12:30Z
gerrit create cache openstack/glance nina Cache policy checks
gerrit ci cache +1
start
at 2026-12-01T12:59:30Z
crash HERE
wait 1m
revive
wait 5m
revive
wait 1m
[rich] count net/#glance 1 /^Review day until 14:00 UTC\. One change waits for reviewers: /
[plain] count net/#glance 1-2 /^Review day until 14:00 UTC\. One change waits for reviewers: /
gerrit review bob cache Code-Review+1
at 2026-12-01T13:59:30Z
revive
crash HERE
wait 1m
revive
wait 5m
revive
wait 1m
[rich] count net/#glance 1 /^Review day is over: 1 change reviewed, for the first time\. /
[plain] count net/#glance 1-2 /^Review day is over: 1 change reviewed, for the first time\. /
`)
}

// A sign, killed at every commit from the sign to what it does: it is done once, and
// the message says so in the end. Taken back, it is as if it had never been.
func TestSignKilledAtEveryCommit(t *testing.T) {
	killed(t, 4, `
[team.glance.plugin.backlog]
`, `
at 2026-12-01T12:00Z
gerrit create cache openstack/glance nina Cache policy checks
gerrit ci cache +1
start
wait 1m
say net/#glance nina@nina !ask bob {cache}
expect net/#glance /^bob: nina asks for your review of {cache} /
wait 1m
crash HERE
[rich] react net/#glance bob@bob ❎ /^bob: nina asks/
[plain] say net/#glance bob@bob !pass {cache}
wait 1s
revive
wait 1m
revive
[plain] dm net bob@bob pass {cache}
wait 3m
revive
wait 3m
[rich] count net/#glance 1 /^nina: {cache} is not for bob\. /
[plain] count net/* 0-3
[rich] edited net/#glance /: passed, Tue 2026-12-01 12:0\d(:\d\d)? UTC\. /
crash HERE
[rich] unreact net/#glance bob@bob ❎ /: passed/
[plain] say net/#glance bob@bob !undo {cache}
wait 1s
revive
wait 1m
revive
[plain] dm net bob@bob undo {cache}
wait 1m
revive
wait 1m
[rich] expect none
[plain] count net/* 0-3
[rich] edited net/#glance /^bob: nina asks for your review of {cache} /
dm net paul@paul asks
expect net/paul Open asks: {cache} to bob, asked today by nina, delivered
expect none
`)
}
