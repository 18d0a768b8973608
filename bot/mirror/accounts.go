package mirror

import (
	"torchbearer/bot"
	"torchbearer/bot/review"
)

// Named returns the account with a username, upper or lower case, that took part
// in one of a server's changes. It looks through all of them: for what a person
// asks, not for every change.
func (m *Mirror) Named(server, username string) (review.Account, bool) {
	folded := bot.FoldAccount(username)
	return m.account(server, func(a review.Account) bool { return a.Username != "" && bot.FoldAccount(a.Username) == folded })
}

// Numbered does so for an account's number.
func (m *Mirror) Numbered(server string, number int) (review.Account, bool) {
	return m.account(server, func(a review.Account) bool { return a.ID == number })
}

func (m *Mirror) account(server string, is func(review.Account) bool) (review.Account, bool) {
	for _, e := range m.of(server).entries {
		if is(e.change.Owner) {
			return e.change.Owner, true
		}
		for _, a := range e.change.People {
			if is(a) {
				return a, true
			}
		}
	}
	return review.Account{}, false
}
