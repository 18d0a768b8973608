// Package review holds what a code-review community means by its words: whose
// turn a change is, since when it waits, what the backlog is, which changes
// reviewers have neglected. It knows no server and no clock. A review server is
// read into Raw; Digest keeps the facts that the definitions need; the
// definitions are methods of Change:
//
//	c := review.Digest(raw, rules)
//	turn := c.Turn(cast, now)
//	fmt.Println(turn.Who, "-", turn.Why) // "core - needs one more +2"
//
// Every word that a method defines is quoted from the project's contract,
// section "Definitions". Days are 24 hours, instants are UTC.
package review

import "time"

// Change is one change as the mirror keeps it: facts, in about 1 KiB of JSON and
// never much more than 3, however long its history is. What CI systems said is
// reduced to the newest report; of what people did, the newest acts remain.
// Instants are whole seconds, as review servers give them.
type Change struct {
	Server  string `json:"server,omitempty"` // its review server's name in the configuration
	Number  int    `json:"number"`
	Project string `json:"project"`
	Branch  string `json:"branch,omitempty"`
	Subject string `json:"subject,omitempty"` // hostile text, shortened to 160 bytes
	ID      string `json:"id,omitempty"`      // its Change-Id
	Topic   string `json:"topic,omitempty"`   // hostile text, shortened to 80 bytes

	Owner    Account `json:"owner"`
	Uploader Account `json:"uploader"` // of the newest patch set that is a rework, see Kind.Rework

	Status    Status `json:"status,omitempty"`
	Private   bool   `json:"private,omitempty"`
	WIP       bool   `json:"wip,omitempty"` // the server's flag; Workflow -1 is a vote
	Mergeable Fact   `json:"mergeable,omitempty"`

	Created time.Time `json:"created,omitzero"`
	Updated time.Time `json:"updated,omitzero"` // anything at all was written
	Closed  time.Time `json:"closed,omitzero"`  // merged or abandoned; zero if open or not known

	PatchSet PatchSet `json:"patchSet"` // the current one
	CI       CI       `json:"ci,omitzero"`

	// AuthorUpdate is the last author update; the change waits since then.
	AuthorUpdate time.Time `json:"authorUpdate,omitzero"`

	// FirstReview and LastReview are reviews of any patch set; zero if there
	// was none. Reviewed: one of them is newer than AuthorUpdate. It is a fact
	// of its own because instants tie.
	FirstReview time.Time `json:"firstReview,omitzero"`
	LastReview  time.Time `json:"lastReview,omitzero"`
	Reviewed    bool      `json:"reviewed,omitempty"`

	// Queued is the last instant at which the history shows the change in the
	// backlog, before it left it; zero if it never left or was never there.
	Queued time.Time `json:"queued,omitzero"`

	Full   int       `json:"full,omitempty"`  // the highest Code-Review value of its project; 0 stands for 2
	Votes  []Vote    `json:"votes,omitempty"` // in force on the current patch set, see Vote
	Acts   []Act     `json:"acts,omitempty"`  // people's newest acts, oldest first
	People []Account `json:"people,omitempty"`
}

// Status is what became of a change.
type Status string

// The statuses of a change. Open is the zero value.
const (
	Open      Status = ""
	Merged    Status = "merged"
	Abandoned Status = "abandoned"
)

// Fact is a yes or no that may not be known.
type Fact string

// The values of a fact. Unknown is the zero value: the server does not tell.
const (
	Unknown Fact = ""
	Yes     Fact = "yes"
	No      Fact = "no"
)

// Kind says how a patch set differs from the one before, in Gerrit's words
// (ChangeKind in its REST documentation). The empty kind is not known.
type Kind string

// The kinds of a patch set that the definitions tell apart. There are more; they
// are none of them an author update.
const (
	Unseen        Kind = ""
	Rework        Kind = "REWORK"
	TrivialRebase Kind = "TRIVIAL_REBASE"
	NoCodeChange  Kind = "NO_CODE_CHANGE" // the commit message only
	NoChange      Kind = "NO_CHANGE"
)

// PatchSet is the current patch set.
type PatchSet struct {
	Number int       `json:"number"`
	Kind   Kind      `json:"kind,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// CI is where the CI whose vote counts stands on the current patch set.
type CI struct {
	None     bool      `json:"none,omitempty"`    // no CI is configured: nothing has to be waited for
	Vote     int       `json:"vote,omitempty"`    // its Verified, the worst of several accounts'; 0: no result, or reset by the gate
	Report   time.Time `json:"report,omitzero"`   // its newest report, which may repeat a vote without casting it again
	Recheck  time.Time `json:"recheck,omitzero"`  // somebody last asked for another run
	Conflict time.Time `json:"conflict,omitzero"` // its first merge-failure report that nothing has overtaken
	Rerun    bool      `json:"rerun,omitempty"`   // Recheck came after Report; instants tie
}

// Vote is a vote in force on the current patch set, not 0: every vote of a
// person, and those that hold a change whoever gives them (Workflow, and a
// Code-Review of -2).
type Vote struct {
	Label string
	Value int
	By    int       // account
	Cast  time.Time // its message's time, not that of a copy on a later patch set

	// Answered: an author update came after it was cast.
	Answered bool
}

// Act is a human act: something that a person said or voted.
type Act struct {
	By       int // account
	At       time.Time
	PatchSet int
	Votes    []Given
	Comment  bool // it says something, inline or not
	Review   bool // a vote or comment of somebody who was neither owner nor uploader then
	Answered bool // an author update came after it
}

// Given is a vote as its act gave it; 0 takes one back.
type Given struct {
	Label string
	Value int
}
