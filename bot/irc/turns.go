package irc

// patience is how many paced lines of other kinds may leave while one of the
// bot's own business or an announcement waits: at the usual pace of 2 s, some
// six seconds. Without it two people who ask as often as they may would keep the
// bot out of its rooms and every reminder in the queue.
const patience = 2

// kind is what a paced line belongs to, by rank.
type kind int

const (
	answers  kind = iota
	business      // joins, queries
	news          // announcements
	kinds
)

// turns decides whose line is next.
type turns struct {
	passed [kinds]int // lines of other kinds that left while one of this kind waited
	served string     // whose reply went last
}

// choose returns the kind of the next line: the first by rank, or the one that
// has been passed over most when its patience is at an end. At least one queue
// holds something. The lines of a message stand together in their room: an
// answer and an announcement wait for each other there.
func (t *turns) choose(replies []*unit, control []string, announce []*unit) kind {
	together := len(replies) > 0 && len(announce) > 0 && replies[0].target == announce[0].target
	waits := [kinds]bool{
		answers:  len(replies) > 0 && !(together && announce[0].next > 0),
		business: len(control) > 0,
		news:     len(announce) > 0 && !(together && replies[0].next > 0),
	}
	best := answers
	for !waits[best] {
		best++
	}
	for k := best + 1; k < kinds; k++ {
		if waits[k] && t.passed[k] >= patience && t.passed[k] > t.passed[best] {
			best = k
		}
	}
	return best
}

// had notes that a line of a kind leaves, and which kinds wait.
func (t *turns) had(k kind, control, announce bool) {
	if control {
		t.passed[business]++
	}
	if announce {
		t.passed[news]++
	}
	t.passed[k] = 0
}

// order brings the oldest reply for somebody else to the front, when the last one
// was for the same person: one who asks for a lot makes nobody else wait.
func (t *turns) order(replies []*unit) []*unit {
	if len(replies) < 2 || replies[0].next > 0 || replies[0].asker != t.served {
		return replies
	}
	for i, u := range replies {
		if u.asker != t.served {
			copy(replies[1:i+1], replies[:i])
			replies[0] = u
			break
		}
	}
	return replies
}

// surplus returns which reply to give up: the oldest of whoever has the most
// waiting, but none that has begun.
func surplus(replies []*unit) int {
	waiting := make(map[string]int)
	for _, u := range replies {
		waiting[u.asker]++
	}
	victim := -1
	for i, u := range replies {
		if u.next == 0 && (victim < 0 || waiting[u.asker] > waiting[replies[victim].asker]) {
			victim = i
		}
	}
	return victim
}
