= who is a person
nina uploads
zuul +1
arista -1: Build failed
arista says Testing completed on our hardware
jenkins says Build failed
robot says please rebase
bot says no review in 38 days
> acts:
> reviewed: no
marucci says is this still wanted?
tom says works here
> acts: marucci tom
> reviewed: yes

= a recheck is nobody's act, whoever says it
nina uploads
zuul -1
dave rechecks
dave says recheck grenade timed out
dave says pkvm: recheck
> acts:
> reviewed: no
dave says please recheck the sums in line 12
> acts: dave

= a review needs a vote or a comment, and another person
nina uploads
zuul +1
nina -1: not yet
> reviewed: no
dave Review-Priority+1
> reviewed: yes

= taking a vote back is an act, but no review
nina uploads
zuul +1
zoe +1
day 1
nina uploads
zoe +0
> reviewed: no
> acts: zoe zoe

= somebody else's rework makes an author; pressing Rebase for others does not
nina uploads
zuul +1
zoe rebases, all votes copied
zoe +2
> reviewed: yes
> turn: core, needs one more +2
day 1
dave uploads
zuul +1
dave says I have fixed the tests
> reviewed: no
> waiting: day 1
zoe says thank you
> reviewed: yes

= a vote's day is the day it was cast
nina uploads
day 1
zoe -1
day 5
nina rebases
> cast: zoe Code-Review-1 day 1
day 6
zoe +1
day 7
zoe -1
day 9
nina edits the message
> cast: zoe Code-Review-1 day 7
