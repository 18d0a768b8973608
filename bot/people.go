package bot

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"torchbearer/bot/people"
	"torchbearer/bot/review"
)

// Room names a place where people chat: a network of the configuration and the
// place's name there, "oftc/#openstack-glance". For a direct message it names
// the other person, "oftc/maria". Rooms are compared as they are spelled in the
// configuration; a transport maps what the network calls a place to that.
type Room struct {
	Network string
	Name    string
}

// ParseRoom reads "network/name".
func ParseRoom(s string) (Room, error) {
	network, name, ok := strings.Cut(s, "/")
	if !ok || network == "" || name == "" {
		return Room{}, fmt.Errorf("room %q is not of the form network/#channel", s)
	}
	return Room{Network: network, Name: name}, nil
}

// String returns "network/name".
func (r Room) String() string { return r.Network + "/" + r.Name }

// MarshalText writes "network/name".
func (r Room) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads "network/name".
func (r *Room) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRoom(string(b))
	return err
}

// Team is one project team, as configured.
type Team struct {
	ID    string         // of its section: "glance"
	Name  string         // as people write it: "Glance"
	Zone  *time.Location // its civil days and clock times
	Rooms []Room         // where it chats; announcements go to those of Announced

	// Mirrors are rooms that a bridge joins: what is said in one is heard in the
	// others. Each is posted to in its first room only.
	Mirrors [][]Room

	PTL []string // ids of people

	// Crew is who reviews the team's projects; Crews is that of projects where
	// it differs, by project.
	Crew  Crew
	Crews map[string]Crew

	// Gerrit is the team's review server, the zero ReviewServer if it has
	// none. Projects and Specs are the team's projects there; those of Specs
	// hold specs, which the PTL approves.
	Gerrit   ReviewServer
	Projects []string
	Specs    []string

	// CI are the user names whose Verified counts. Labels are those of
	// projects that call them otherwise than usual, by project.
	CI     []string
	Labels map[string]review.Labels

	// Shared lists those of its rooms that other teams use too: what is said
	// there has to name the team.
	Shared []Room
	// Others says that the bot serves other teams as well.
	Others bool
}

// Crew is the cores of a project: people, and groups of the review server.
type Crew struct {
	People []string // ids
	Groups []string // names, as the server has them
}

// ReviewServer is a review server as far as its changes can be pointed at.
type ReviewServer struct {
	Name string // of its section
	URL  string // without slash at the end: https://review.opendev.org
}

// Change is the address of a change.
func (r ReviewServer) Change(number int) string { return r.URL + "/" + strconv.Itoa(number) }

// Query is the address of a search, as short as browsers still take it to the
// letter.
func (r ReviewServer) Query(query string) string {
	escaped := url.QueryEscape(query)
	for code, plain := range map[string]string{"%3A": ":", "%2F": "/", "%28": "(", "%29": ")", "%2C": ",", "%3D": "="} {
		escaped = strings.ReplaceAll(escaped, code, plain)
	}
	return r.URL + "/q/" + escaped
}

// Announced lists the rooms that are told what goes to all: each mirror once.
func (t Team) Announced() []Room {
	return slices.DeleteFunc(slices.Clone(t.Rooms), func(r Room) bool {
		return slices.ContainsFunc(t.Mirrors, func(m []Room) bool { return slices.Index(m, r) > 0 })
	})
}

// All lists the team's projects, those of specs last.
func (t Team) All() []string { return slices.Concat(t.Projects, t.Specs) }

// CrewOf returns the crew of a project.
func (t Team) CrewOf(project string) Crew {
	if c, ok := t.Crews[project]; ok {
		return c
	}
	return t.Crew
}

// NoTeam is the id that stands for a team where there is none: of the plugins
// that are on for the whole bot. No section can have it.
const NoTeam = "-"

// In returns the team's name where a message in the room has to give it: in a
// room that other teams use too, and, unless it is the bot's only team, where
// it has none. "" elsewhere.
func (t Team) In(r Room) string {
	if slices.Contains(t.Shared, r) || t.Others && !slices.Contains(t.Rooms, r) {
		return t.Name
	}
	return ""
}

// Person is one human being: as configured, or an account of a review server
// that nobody has configured, who has no rights.
type Person struct {
	ID       string              // of the section; without one "<server>:<account number>"
	Name     string              // hostile text where there is no section
	Accounts map[string][]string // network to services accounts (or registered nicks, or Matrix user ids) there
	Gerrit   string              // username there; empty: not known
	Matrix   string              // "@maria:example.org"; empty: not known
	Zone     *time.Location      // UTC when not configured
	Quiet    *people.Quiet       // in Zone, as configured; nil: none
}

// Listed reports whether the person has a section of the configuration.
func (p Person) Listed() bool { return !strings.Contains(p.ID, ":") }

// FoldAccount returns the form in which services accounts and nicks are
// compared: A to Z in lower case. That is the least that services fold (Anope and
// Atheme by their network's CASEMAPPING, of which "ascii" is the least), so two
// accounts that a network keeps apart are never taken for one. The case of
// other letters is not looked at: the lower case of the Kelvin sign is a plain k.
// A Matrix user id ("@maria:example.org") is told from others as it is spelled:
// old ones differ by case alone.
func FoldAccount(account string) string {
	if strings.HasPrefix(account, "@") {
		return account
	}
	folded := []byte(account)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}

// Strength says how well a network proves who sent one message.
type Strength int

// The strengths of a proof, weakest first. Only the last two grant a role.
const (
	Unproven   Strength = iota // a nick alone
	Registered                 // the nick's owner has identified to services (WHOIS 307); no account name
	Account                    // the network names the account (account-tag, WHOIS 330)
)

// String names the strength for people.
func (s Strength) String() string {
	switch s {
	case Account:
		return "account"
	case Registered:
		return "registered nick"
	default:
		return "nick only"
	}
}

// Principal is the sender of one message, with what the network proves about
// them for that message. It is void the moment the nick, the room membership or
// the connection changes.
type Principal struct {
	Network  string
	Nick     string   // as shown; hostile text
	Origin   string   // where they connect from (user@host); for limits, never for roles
	Account  string   // services account, or the registered nick; empty when unproven
	Strength Strength //
	Bot      bool     // marked as a bot by its network

	// User is who they are to the network itself, by an id that stays with them
	// and that a mention names: a Matrix user id. Empty on IRC, where that is the
	// nick.
	User string
}

// Prove says how somebody unproven becomes proven: the way out at the end of a
// refusal. Who is somebody to the network and yet unproven has said it in clear
// where all else is encrypted.
func (p Principal) Prove() string {
	if p.User != "" {
		return "what stands in clear in an encrypted room may be anybody's, so send it encrypted"
	}
	return "log in to your account there first"
}

// Role is a set of the parts a person can play; a command names who may use it.
type Role uint8

// The roles. Anyone is the empty set of demands.
const (
	Anyone   Role = 0
	Operator Role = 1 << iota // runs this bot: [operators]
	PTL                       // of the room's team
	Core                      // of one of the room's team's projects
	Known                     // has a section of their own
)

// Has reports whether a person holding r may do what asks for want.
func (r Role) Has(want Role) bool { return want == Anyone || r&want != 0 }

// String lists the roles for people, "operators, PTL".
func (r Role) String() string {
	if r == Anyone {
		return "anyone"
	}
	var names []string
	for _, n := range []struct {
		role Role
		name string
	}{{Operator, "operators"}, {PTL, "PTL"}, {Core, "cores"}, {Known, "people the bot knows"}} {
		if r&n.role != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

// UserError is an error for a person in chat: its text is shown as it is, so it
// says what was not understood and what is allowed. What it repeats of what
// people typed stands in double quotes, where no name highlights its bearer.
// Every other error reaches chat only as "internal error ID".
type UserError struct{ Text string }

// Error returns the text.
func (e *UserError) Error() string { return e.Text }

// Userf makes a UserError.
func Userf(format string, args ...any) error {
	return &UserError{Text: fmt.Sprintf(format, args...)}
}
