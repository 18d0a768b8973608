= the first patch set, then reworks; rebases and edits of the message are none
nina uploads
> waiting: day 0
day 2
nina rebases
day 3
nina edits the message
> waiting: day 0
day 4
nina uploads
> waiting: day 4

= a message that answers a review is one, a message before any review is none
nina uploads
zuul +1
day 1
nina says could somebody look?
> waiting: day 0
day 2
zoe -1: what is this?
day 3
nina says see the spec
> waiting: day 3
day 4
nina says and the bug
> waiting: day 3

= a vote of the owner's, a recheck and inline comments
nina uploads
zuul +1
zoe says why?
day 1
nina Code-Review+1
nina rechecks
> waiting: day 0
day 2
nina comments inline
> waiting: day 2

= nothing of a machine's answers a review
nina uploads
zuul +1
zoe says why?
day 1
arista -1: Build failed
zuul -1
bot says no answer
robot says rebased for you
> waiting: day 0
> reviewed: yes

= a review in the same second as the upload it is about comes after it
nina uploads
zuul +1
day 3
all at once
zoe +1
nina uploads
dave says I like it
> waiting: day 3
> reviewed: yes
> acts: zoe dave
