= a core's -1 or -2, 60 days without an update
nina uploads
zuul +1
day 1
zoe -1: no
day 60
> candidate:
day 61
> candidate: a core's -1 not answered in 60 days
nina rebases
zuul +1
> candidate: a core's -1 not answered in 60 days
nina says see above
> candidate:

= a -2, dated by the day it was cast, not by its copy
nina uploads
day 1
zoe -2
day 50
nina rebases
day 62
> candidate: a core's -2 not answered in 61 days

= a -1 of somebody who is no core, or may not be one
nina uploads
zuul +1
dave -1
day 90
> candidate:
zoe -1
the cores are unknown
day 200
> candidate:

= CI's -1, dated by its newest report; another CI's is information
nina uploads
arista -1
day 70
> candidate:
zuul -1
day 100
zuul reports again
day 140
> candidate:
day 160
> candidate: CI failed 60 days ago

= a merge conflict needs a dated proof
nina uploads
day 1
mergeable no
day 90
> candidate:

= which CI's merge failure is
nina uploads
zuul says Merge Failed.
day 30
zuul says Merge Failed.
day 59
> candidate:
day 71
> candidate: merge conflict for 70 days

= never: in progress, private, under Workflow, closed
nina uploads
zuul -1
day 71
> candidate: CI failed 70 days ago
nina sets WIP
> candidate:
nina sets ready
nina sets private
> candidate:
nina sets public
zoe Workflow-1
> candidate:
zoe Workflow+1
> candidate:
zoe Workflow+0
> candidate: CI failed 71 days ago
nina abandons
> candidate:

= an answer after CI's failure is an author update
nina uploads
zuul -1
zoe says why?
day 2
nina says see the spec
day 100
> candidate:
zuul reports again
day 160
> candidate: CI failed 60 days ago
