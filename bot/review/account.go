package review

import (
	"fmt"
	"strconv"
	"strings"
)

// Account is an account of a review server. Names are hostile text: a display
// name may hold line breaks.
type Account struct {
	ID       int
	Username string // may be empty: not every server shows it
	Name     string // display name, shortened to 48 bytes in a Change
	Service  bool   // in the server's group of service users; only in Raw
}

// Called is the shortest thing the account is known by, for a sentence.
func (a Account) Called() string {
	switch {
	case a.Username != "":
		return a.Username
	case a.Name != "":
		return a.Name
	default:
		return "account " + strconv.Itoa(a.ID)
	}
}

// MarshalText writes id, user name ("-" if there is none) and display name.
func (a Account) MarshalText() ([]byte, error) {
	user := a.Username
	if user == "" || strings.Contains(user, " ") {
		user = "-"
	}
	return []byte(strings.TrimRight(strconv.Itoa(a.ID)+" "+user+" "+a.Name, " ")), nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Account) UnmarshalText(b []byte) error {
	id, rest, _ := strings.Cut(string(b), " ")
	n, err := strconv.Atoi(id)
	if err != nil {
		return fmt.Errorf("read account %q: %w", b, err)
	}
	user, name, _ := strings.Cut(rest, " ")
	if user == "-" {
		user = ""
	}
	*a = Account{ID: n, Username: user, Name: name}
	return nil
}

// Account returns one of the accounts the change knows by name; an account it
// does not know has nothing but its number.
func (c Change) Account(id int) Account {
	for _, a := range []Account{c.Owner, c.Uploader} {
		if a.ID == id {
			return a
		}
	}
	for _, a := range c.People {
		if a.ID == id {
			return a
		}
	}
	return Account{ID: id}
}

// Author reports whether the account is the change's author: its owner, or who
// uploaded its newest rework.
func (c Change) Author(id int) bool { return id == c.Owner.ID || id == c.Uploader.ID }
