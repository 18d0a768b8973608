= from upload to merge
nina uploads
> turn: ci, no CI result yet
day 1
zuul +1
> turn: reviewers, no review yet
> since: day 0
day 2
> turn: reviewers, no review in 2 days
dave +1
> turn: core, has a +1, needs a core
> lands: no
day 3
zoe +2
> turn: core, needs one more +2
> since: day 3
> by: zoe
> lands: yes
day 4
bob +2
> turn: core, needs approval
> since: day 4
> lands: yes
day 5
bob Workflow+1
> turn: gate, approved, in the gate
> since: day 5
zuul starts the gate
> turn: gate, approved, in the gate
zuul +2
nina merges
> turn: nobody, merged
> since: day 5

= nobody's, when abandoned; back, when restored
nina uploads
zuul +1
nina abandons
> turn: nobody, abandoned
nina restores
> turn: reviewers, no review yet

= the author's: private, work in progress, Workflow -1, conflict
nina uploads
zuul +1
nina sets private
> turn: author, private
nina sets public
nina sets WIP
> turn: author, work in progress
nina sets ready
day 1
zoe Workflow-1
> turn: author, work in progress
> since: day 1
> by: zoe
zoe Workflow+0
mergeable no
> turn: author, merge conflict
> since: unknown
mergeable yes
> turn: reviewers, needs a review

= the owner's Workflow is a state, not an opinion
nina uploads
zuul +1
nina Workflow-1
> turn: author, work in progress

= the first that holds: Workflow -1 before +1, conflict before the gate, the gate before a -2
nina uploads
zuul +1
zoe -2
bob Workflow+1
> turn: gate, approved, in the gate
zuul can't merge it
> turn: author, merge conflict
erin Workflow-1
> turn: author, work in progress

= the gate failed; a recheck there is still the author's
nina uploads
zuul +1
zoe +2 Workflow+1
zuul starts the gate
day 1
zuul -2
> turn: author, the gate failed
> since: day 1
nina rechecks
> turn: author, the gate failed

= a standing -2, before CI
nina uploads
zuul -1
day 1
zoe -2: not this way
> turn: author, a -2 not answered yet
> since: day 1
> by: zoe
day 2
nina uploads
zuul -1
> turn: core, its -2 has been answered and still stands
> since: day 2
> by: zoe
> lands: no

= a -2 answered in words; two of them, one answered
nina uploads
zuul +1
zoe -2
nina says what would you rather see?
> turn: core, its -2 has been answered and still stands
bob -2
> turn: author, a -2 not answered yet
> by: bob

= CI failed, was asked again, failed again without casting its vote again
nina uploads
day 1
zuul -1
> turn: author, CI failed
> since: day 1
day 2
nina rechecks
> turn: ci, CI runs again
> since: day 2
day 3
zuul reports again
> turn: author, CI failed
> since: day 3
day 4
zuul +1
> turn: reviewers, no review in 4 days

= a recheck in a patch-set-level comment of the web page is one all the same, and asks CI before a -1 is looked at
nina uploads
zoe -1: why so?
zuul -1
nina says recheck bug 1234567
> turn: ci, CI runs again
zuul +1
> turn: author, a -1 not answered yet

= a -1 that is not answered; "could somebody look" before it is no answer
nina uploads
zuul +1
nina says could somebody look?
zoe -1: please add a test
> turn: author, a -1 not answered yet
day 1
nina says will do
> turn: reviewers, no review since its last update
> since: day 1
# A -1 stays where it is; the answer has moved the turn.
> cast: zoe Code-Review-1 day 0

= a rework drops the -1, and CI has to look first
nina uploads
zuul +1
zoe -1
day 1
nina uploads
> turn: ci, no CI result yet
zuul +1
> turn: reviewers, no review since its last update

= a rebase that drops the -1 answers nothing
nina uploads
zuul +1
zoe -1: please add a test
nina rebases, all votes dropped
zuul +1
> turn: author, a comment not answered yet
> by: zoe

= a person's Verified -1 speaks; other labels' -1 mean other things
nina uploads
zuul +1
dave Verified-1: does not start here
> turn: author, a -1 not answered yet
dave Verified+0
> turn: reviewers, needs a review
zoe Review-Priority-1
> turn: reviewers, needs a review

= a comment without a vote
nina uploads
zuul +1
day 1
dave says what is this for?
> turn: author, a comment not answered yet
> since: day 1
> by: dave
day 2
zoe +2
> turn: author, a comment not answered yet
dave +1
> turn: core, needs one more +2

= a comment of somebody whose positive vote stands changes nothing
nina uploads
zuul +1
zoe +2
zoe says nice tests, by the way
> turn: core, needs one more +2

= inline comments are comments; taking a -1 back without a word settles it
nina uploads
zuul +1
dave comments inline
> turn: author, a comment not answered yet
nina says fixed in the next one
zoe -1
zoe +0
> turn: reviewers, needs a review

= no CI result comes before a comment
nina uploads
dave says what is this for?
> turn: ci, no CI result yet

= a spec's two +2 wait for the PTL
it is a spec
nina uploads
zuul +1
zoe +2
> turn: core, needs one more +2
day 3
bob +2
> turn: ptl, needs the PTL's approval
> since: day 3
> lands: yes

= a +2 of somebody who is no core is a +1
nina uploads
zuul +1
dave +2
> turn: core, has a +1, needs a core
zoe +2
> turn: core, needs one more +2

= an owner's vote counts for nothing
nina uploads
zuul +1
nina +2
> turn: reviewers, no review yet
nina -2
> turn: reviewers, no review yet
> backlog: yes
> reviewed: no

= what can't be read is said
nina uploads
zuul +1
> doubts: whether it merges can't be read
mergeable yes
> doubts:
the cores are unknown
zoe +2
> turn: core, needs one more +2
> doubts: who the cores are can't be read
> silent: unknown

= a merge failure that the server contradicts was another change's
mergeable yes
nina uploads
zuul can't merge it
> turn: author, CI failed
mergeable unknown
> turn: author, merge conflict

= a failed merge is overtaken by the next report, or by other code
nina uploads
day 1
zuul can't merge it
day 2
zuul can't merge it
> since: day 1
day 3
zuul +1
> turn: reviewers, no review in 3 days
zuul can't merge it
nina rebases
> turn: ci, no CI result yet

= that CI starts is no report; nor is what a pipeline without a vote says
nina uploads
day 1
zuul -1
day 2
nina rechecks
zuul says Starting check jobs.
zuul reports from a pipeline without a vote
> turn: ci, CI runs again
> since: day 2

= a recheck of an older patch set asks for nothing
nina uploads
zuul -1
day 1
nina rechecks
nina uploads
> turn: ci, no CI result yet
> since: day 1
zuul -1
> turn: author, CI failed
