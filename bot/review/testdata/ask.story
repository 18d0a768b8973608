= with reviewers: cores without an act since the last update
nina uploads
> ask zoe: with-others
zuul +1
> silent: zoe bob erin
> ask zoe:
> ask dave: no-core
> ask nina: own-change
zoe Review-Priority+1
> silent: bob erin
> ask zoe: has-acted
> ask bob:
day 1
nina uploads
zuul +1
> silent: zoe bob erin
> ask zoe:

= a core's own change
nina uploads
zuul +1
zoe uploads
zuul +1
> silent: bob erin
> ask zoe: own-change

= one more +2
nina uploads
zuul +1
zoe +2
> ask zoe: has-acted
> ask bob:

= only approval is missing: any core but the author
nina uploads
zuul +1
zoe +2
bob +2
> ask zoe:
> ask erin:
> ask dave: no-core

= an answered -2: its giver, and cores who have not acted
nina uploads
zuul +1
zoe -2
> ask zoe: with-others
nina says better now?
zoe says perhaps
bob says I would take it
> ask zoe:
> ask bob: has-acted
> ask erin:

= a spec with two +2: the PTL alone
it is a spec
nina uploads
zuul +1
zoe +2
bob +2
> ask maria:
> ask erin: only-ptl

= with its author
nina uploads
zuul -1
> ask zoe: with-others

= nobody knows who the cores are
the cores are unknown
nina uploads
zuul +1
> ask zoe: cores-unknown
