= verified, Workflow 0, no -2, open, not private, not in progress
nina uploads
> backlog: no
zuul +1
> backlog: yes
nina sets WIP
> backlog: no
nina sets ready
nina sets private
> backlog: no
nina sets public
> backlog: yes
zoe Workflow+1
> backlog: no
zoe Workflow+0
bob Workflow-1
> backlog: no
bob Workflow+0
zoe -2
> backlog: no
zoe -1
> backlog: yes
nina abandons
> backlog: no
nina restores
> backlog: yes
mergeable no
> backlog: yes

= only the configured CI's vote counts
nina uploads
arista +1
> backlog: no
dave Verified+1
> backlog: no
zuul +1
arista -1
dave Verified-1
> backlog: yes
zuul -1
> backlog: no

= on the current patch set
nina uploads
zuul +1
nina edits the message
> backlog: yes
nina rebases
> backlog: no
zuul +2
> backlog: yes
