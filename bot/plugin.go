package bot

import (
	"context"
	"time"

	"torchbearer/bot/cycle"
)

// Plugin is one feature. It holds no connection, no clock and no state: what it
// knows is in its configuration and in the records it puts.
type Plugin struct {
	Name    string // of its section: team.<team>.plugin.<name>
	Summary string // one line for the README's table

	// Schema is the number of the records' form, from 1; 0 for a plugin
	// without records. Migrate brings one record from a form to the next
	// (from to from+1); a nil result deletes it.
	Schema  int
	Migrate func(from int, key string, old []byte) ([]byte, error)

	// Config returns a pointer to the defaults; the section is decoded over
	// it, strictly, and checked if it is a Validator. Nil: the section must
	// be empty.
	Config func() any

	// New makes the plugin for one team. It is pure and keeps nothing, so a
	// reload is New again.
	New func(Team, any) (Instance, error)
}

// Validator is a plugin's configuration that checks itself. It reports every
// problem, not the first: the key within the section, and what is wrong with
// what is allowed.
type Validator interface {
	Validate(report func(key, problem string))
}

// Instance is a plugin at work for one team.
type Instance struct {
	Commands []Command
	Jobs     []Job
	On       func(context.Context, View, Event) (Effects, error) // nil: hears nothing
}

// View is one consistent moment, valid during the call it is given to.
type View interface {
	Now() time.Time // UTC

	// Get reads one of the plugin's own records for this team.
	Get(key string, into any) (found bool, err error)

	// Calendar is the team's, with when each event was first seen and from
	// where it moved.
	Calendar() cycle.Calendar
}

// Command is something people say to the bot.
type Command struct {
	Name     string // without prefix, lower case
	Aliases  []string
	Help     string   // what it does, one line, no full stop
	Examples []string // as typed, with "!"
	Args     []Arg
	Who      Role // who may use it
	More     Role // who is told more than others; Anyone: nobody

	Do func(context.Context, View, Call) (Effects, error)
}

// ArgKind says how a word of a command is resolved.
type ArgKind int

// The kinds of argument. The next ones come with the first command that takes
// them.
const (
	ArgWord  ArgKind = iota // one word, as typed
	ArgEvent                // the rest of the line: an event by kind or words
)

// Arg is one argument of a command.
type Arg struct {
	Name     string
	Kind     ArgKind
	Optional bool
}

// Call is one use of a command, with its arguments resolved.
type Call struct {
	Room   Room
	Direct bool
	From   Principal
	Roles  Role // what the sender may act as here; proven for this message
	words  map[string]string
	events map[string]cycle.Event
}

// Word returns an ArgWord, empty when it was left out.
func (c Call) Word(name string) string { return c.words[name] }

// Event returns an ArgEvent, false when it was left out.
func (c Call) Event(name string) (cycle.Event, bool) {
	e, ok := c.events[name]
	return e, ok
}

// WithWord returns the call with an ArgWord set.
func (c Call) WithWord(name, value string) Call {
	c.words = with(c.words, name, value)
	return c
}

// WithEvent returns the call with an ArgEvent set.
func (c Call) WithEvent(name string, e cycle.Event) Call {
	c.events = with(c.events, name, e)
	return c
}

func with[V any](m map[string]V, name string, v V) map[string]V {
	out := map[string]V{name: v}
	for k, old := range m {
		if k != name {
			out[k] = old
		}
	}
	return out
}

// Job is something the plugin does by itself, at times that follow from the
// calendar and its records.
type Job struct {
	Name string

	// Due lists the occurrences with from < At <= to, in any order. It is
	// pure, so that preview and status can ask about any span.
	Due func(v View, from, to time.Time) []Occurrence

	// Do carries one out. It runs at least once: an error or a crash runs it
	// again, and its effects are stored once.
	Do func(context.Context, View, Occurrence) (Effects, error)
}

// Occurrence is one planned run of a job.
type Occurrence struct {
	Key Key       // decided once, for ever
	At  time.Time // when it is due, UTC

	// Until is the last instant at which it is still worth doing: found
	// later, it is logged and dropped.
	Until time.Time

	// Series joins occurrences of which only the newest is done when several
	// were missed: the steps of one ladder. Empty: on its own.
	Series string

	// Title says in a few words what it is, for status: "spec freeze in 7
	// days". Hostile text.
	Title string

	// Data is the plugin's, handed back to Do.
	Data any
}

// Event is something that happened; exactly one field is set. The next ones
// come with the first plugin that hears them.
type Event struct {
	Calendar *cycle.Diff // the team's calendar is not what it was
}
