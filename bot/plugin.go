package bot

import (
	"context"
	"iter"
	"time"

	"torchbearer/bot/cycle"
	"torchbearer/bot/people"
	"torchbearer/bot/review"
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

	// Always: on without a section, once for the whole bot. New gets the team
	// NoTeam, and a View shows no changes and an empty calendar.
	Always bool

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

	// Reviews is the team's part of the mirror.
	Reviews() Reviews

	// People knows who is who, and how they can be reached.
	People() People
}

// Reviews is the team's part of the mirror of its review server, at one moment.
// Nothing in it waits for the server.
type Reviews interface {
	// Changes yields the team's changes, by number.
	Changes(review.Filter) iter.Seq[review.Change]

	// Change returns one of the team's changes, open or not.
	Change(number int) (review.Change, bool)

	// Row is a change as lists show it, with every plugin's marks of it.
	// review.Sort puts rows in the order of every list.
	Row(review.Change) review.Row

	// Cast says who plays which part in one of the team's projects.
	Cast(project string) review.Cast

	// State says how the mirror stands.
	State() ReviewState
}

// ReviewState is how the mirror of a review server stands.
type ReviewState struct {
	Known   bool          // it has been read in whole at least once; otherwise no count is true
	ReadAt  time.Time     // the newest data is of then, UTC
	Every   time.Duration // how often it is read; 0: nobody says
	Failing string        // why the server can't be read, one line of hostile text; empty while it can
	Since   time.Time     // of Failing

	// Missing are the team's projects that the server does not have, or does not
	// show: how many changes they have is not known. Sorted.
	Missing []string
}

// People knows who is who, where they are, and what they consent to.
type People interface {
	// Person returns somebody by id.
	Person(id string) (Person, bool)

	// Of returns who an account of the team's review server is: somebody
	// without a section has its name, and no rights.
	Of(review.Account) Person

	// Account returns a person's account on the team's review server; false if
	// there is none that the bot knows of.
	Account(id string) (int, bool)

	// Consent returns what a person has said about being asked.
	Consent(id string) people.Consent

	// Reach says where and when the target's person would be told something of
	// the team's; daily as in Say.
	Reach(to Target, daily int) Reach
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

	// Prove has the network asked who the sender is, whoever they seem to be.
	Prove bool

	// AnyOrder lets a change come before a person that it is to follow, and
	// the other way round.
	AnyOrder bool

	Do func(context.Context, View, Call) (Effects, error)
}

// ArgKind says how a word of a command is resolved.
type ArgKind int

// The kinds of argument. The next ones come with the first command that takes
// them.
const (
	ArgWord   ArgKind = iota // one word, as typed
	ArgEvent                 // the rest of the line: an event by kind or words, or days such as "R-5", "next week"; and then a zone ("local", "in Prague")
	ArgRest                  // the rest of the line, as typed
	ArgPerson                // one word: somebody by id, account, Gerrit username, or as they are called in the room
	ArgChange                // one word: one of the team's changes by number, address or Change-Id
	ArgPart                  // the rest of the line: Days, or a team or series of the calendar as a Word, and then a zone; or one of them
)

// Arg is one argument of a command.
type Arg struct {
	Name     string
	Kind     ArgKind
	Optional bool

	// Noun is what an ArgEvent is meant to be, and tried behind what was typed
	// first: with "freeze", "spec" is the spec freeze before a spec review day.
	Noun string

	// Fresh has an ArgChange read again from its server before the command
	// runs, if what the mirror has is older than 60 s and the server answers
	// within 3 s.
	Fresh bool
}

// Call is one use of a command, with its arguments resolved.
type Call struct {
	Room   Room
	Direct bool
	From   Principal
	Roles  Role   // what the sender may act as here; proven for this message
	By     string // id of the sender, proven for this message; empty: nobody the bot knows
	words  map[string]string
	events map[string]cycle.Event
	days   map[string]cycle.Days
	people map[string]Person
	change map[string]review.Change

	// Zone is where the sender wants to be told times, by an ArgEvent or ArgPart;
	// nil: nobody asked, it is the team's.
	Zone *time.Location
}

// Word returns an ArgWord or ArgRest, empty when it was left out.
func (c Call) Word(name string) string { return c.words[name] }

// Event returns an ArgEvent, false when it was left out, or Days.
func (c Call) Event(name string) (cycle.Event, bool) {
	e, ok := c.events[name]
	return e, ok
}

// Days returns an ArgEvent or ArgPart that is a week or a day, false when it is none.
func (c Call) Days(name string) (cycle.Days, bool) {
	d, ok := c.days[name]
	return d, ok
}

// Person returns an ArgPerson, false when it was left out.
func (c Call) Person(name string) (Person, bool) {
	p, ok := c.people[name]
	return p, ok
}

// Change returns an ArgChange as the mirror has it, false when it was left out.
func (c Call) Change(name string) (review.Change, bool) {
	ch, ok := c.change[name]
	return ch, ok
}

// WithPerson returns the call with an ArgPerson set.
func (c Call) WithPerson(name string, p Person) Call {
	c.people = with(c.people, name, p)
	return c
}

// WithChange returns the call with an ArgChange set.
func (c Call) WithChange(name string, ch review.Change) Call {
	c.change = with(c.change, name, ch)
	return c
}

// WithWord returns the call with an ArgWord or ArgRest set.
func (c Call) WithWord(name, value string) Call {
	c.words = with(c.words, name, value)
	return c
}

// WithEvent returns the call with an ArgEvent set.
func (c Call) WithEvent(name string, e cycle.Event) Call {
	c.events = with(c.events, name, e)
	return c
}

// WithDays returns the call with an ArgEvent or ArgPart set to a week or a day.
func (c Call) WithDays(name string, d cycle.Days) Call {
	c.days = with(c.days, name, d)
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
	// days". Hostile text. Empty: it may come to nothing, and status does not
	// show it.
	Title string

	// Data is the plugin's, handed back to Do.
	Data any
}

// Event is something that happened; exactly one field is set.
type Event struct {
	Calendar *cycle.Diff   // the team's calendar is not what it was
	Change   *review.Event // something happened to one of the team's changes
	Outcome  *Outcome      // of a Say with Tell
	React    *Reaction     // to something the plugin has said
}

// Reaction is a sign that somebody put to a message of the plugin's, or took
// back. A reply to it is said in private where the network can, and is best
// left out where the message itself shows what came of it.
type Reaction struct {
	Key    Key // of the message, the plugin's own
	Sign   Sign
	Undone bool // the sign was taken back
	Call   Call // where, by whom, and what they may; without arguments
}

// Sign is a reaction that means something. Each has a command that does the
// same, for networks without.
type Sign string

// The signs.
const (
	SignTake     Sign = "✋" // I have it
	SignTomorrow Sign = "💤" // not today
	SignCancel   Sign = "❎" // not at all
)

// Outcome is what became of a Say.
type Outcome struct {
	Key  Key // the plugin's own
	What Delivery
	At   time.Time // UTC
	Room Room      // where it was said; of what was not, where it would have been, or zero
	Why  string    // it was not delivered, for people
}

// Delivery is how a Say ended.
type Delivery string

// The ways for a Say to end.
const (
	Delivered Delivery = "delivered"
	Refused   Delivery = "refused" // the network will never take it
	Expired   Delivery = "expired" // its time passed before it could be said
)
