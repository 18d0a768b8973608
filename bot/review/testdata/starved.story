= after 14 days in the backlog without a review
nina uploads
day 1
zuul +1
day 13
> neglect:
day 14
> neglect: starved
> turn: reviewers, no review in 14 days
day 20
dave says looks fine to me
> neglect:

= rebases, rechecks, votes of its owner and machines don't feed it
nina uploads
zuul +1
day 10
nina rebases
zuul +1
nina rechecks
nina +1
nina says could somebody look?
arista +1
day 15
> neglect: starved

= a rework starts anew
nina uploads
zuul +1
day 10
nina uploads
zuul +1
day 20
> neglect:
day 24
> neglect: starved

= spared whatever happens to it later, until it is reviewed
nina uploads
zuul +1
day 20
zuul -1
> neglect: spared
day 30
nina rebases
zuul can't merge it
mergeable no
> neglect: spared
day 200
> neglect: spared
> candidate:
zoe -1: sorry for the wait
> neglect:
day 261
zuul -1
> candidate: a core's -1 not answered in 61 days

= what left the backlog before 14 days was never starved
nina uploads
zuul +1
day 13
zuul -1
day 80
> neglect:
> candidate: CI failed 67 days ago

= left it on the very day
nina uploads
zuul +1
day 14
zuul -1
> neglect:

= in and out: two days of the fourth week are enough
nina uploads
zuul -1
day 22
nina rechecks
zuul +1
day 24
nina sets WIP
day 25
nina sets ready
zuul -1
day 300
> neglect: spared
> candidate:

= in progress, private, approved or vetoed all the while: not neglected
nina sets WIP
nina uploads
zuul +1
day 30
zuul -1
nina sets ready
day 100
> neglect:

= a -2 keeps it out of the backlog, but taking it back without a word is no review
nina uploads
zuul +1
day 1
robot Code-Review-2
day 30
> neglect:

= a new author update ends it
nina uploads
zuul +1
day 30
zuul -1
> neglect: spared
nina uploads
zuul -1
> neglect:
day 101
> candidate: CI failed 70 days ago

= a minute in the backlog is enough: reviewers could have seen it
nina sets WIP
nina uploads
zuul +1
day 30
nina sets ready
zuul -1
day 100
> neglect: spared

= abandoned and restored: neglected still
nina uploads
zuul +1
day 15
nina abandons
day 100
nina restores
zuul -1
> neglect: spared

= the history knows when a -2 was taken away
nina uploads
zuul +1
robot Code-Review-2
day 20
maria removes the robot's -2
day 21
zuul -1
> neglect: spared

= on an old server, too
nina uploads
zuul +1
robot Code-Review-2
day 20
maria removes the robot's -2, on an old server
day 21
zuul -1
> neglect: spared

= a new patch set clears Workflow in the history
nina uploads
robot Workflow-1
day 5
nina rebases
zuul +1
day 20
zuul -1
> neglect: spared

= and what CI said, until it has looked again
nina uploads
zuul +1
day 1
nina rebases
day 20
zuul -1
> neglect:
