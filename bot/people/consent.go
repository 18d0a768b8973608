package people

import "time"

// Consent is what a person has said about being asked; the zero Consent is
// nothing. It is kept for all teams.
type Consent struct {
	Away     time.Time `json:"away,omitzero"`      // not asked before; zero or past: not away
	Quiet    *Quiet    `json:"quiet,omitempty"`    // in place of the configured hours; nil: those
	OptedOut bool      `json:"optedOut,omitempty"` // never asked
}

// Wait is why a person is not asked now.
type Wait string

// The reasons. The zero Wait is none: the person can be asked.
const (
	No       Wait = ""
	OptedOut Wait = "opted-out" // for good
	Away     Wait = "away"      // said so
	Asleep   Wait = "asleep"    // quiet hours
	Capped   Wait = "capped"    // asked as often as a day allows
	Gone     Wait = "gone"      // in none of the rooms
)
