package bot

// Planned is an occurrence with whose it is: what the schedule hands to the
// loop.
type Planned struct {
	Team, Plugin string
	Job          Job
	Occurrence
}

// WholeKey is the occurrence's key with team and plugin before it, as it is
// stored and logged.
func (p Planned) WholeKey() Key { return p.Occurrence.Key.Of(p.Team, p.Plugin) }

// Of puts team and plugin before a plugin's own key.
func (k Key) Of(team, plugin string) Key { return Key(team+"/"+plugin+"/") + k }

// Decision sorts what came due.
type Decision struct {
	Run        []Planned // to do now, in order of their instants
	Superseded []Planned // older ones of a series whose newest runs: decided, never done
	Late       []Planned // found after their time had passed: dropped
}

// Told is what became of a message, as the outbox hands it to the loop.
type Told struct {
	ID      string // of the outbox's note of it
	Key     Key    // whole, of the message: team/plugin/…
	Outcome Outcome
}
