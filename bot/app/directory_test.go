package app

import (
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/config"
)

// An account has a role whatever the case of its ASCII letters; one that is
// only like it in Unicode is somebody else's.
func TestAccountsAreFoldedInASCIIAlone(t *testing.T) {
	d := newDirectory(&config.Config{
		People: map[string]bot.Person{
			"maria": {Accounts: map[string][]string{"net": {"Maria"}}},
			"kim":   {Accounts: map[string][]string{"net": {"kim["}}},
		},
		Operators: config.Operators{People: []string{"maria", "kim"}},
	})
	for account, want := range map[string]bot.Role{
		"maria": bot.Operator, "MARIA": bot.Operator, "Kim[": bot.Operator,
		"MARİA": bot.Anyone, "\u212aim[": bot.Anyone, "kim{": bot.Anyone, "": bot.Anyone,
	} {
		p := bot.Principal{Network: "net", Nick: account, Account: account, Strength: bot.Account}
		if got := d.roles("", p); got != want {
			t.Errorf("account %q is %s, want %s", account, got, want)
		}
		if got := d.known(p); got != (want != bot.Anyone) {
			t.Errorf("nick %q known: %t", account, got)
		}
	}
}
