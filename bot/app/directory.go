package app

import (
	"torchbearer/bot"
	"torchbearer/bot/config"
)

// directory knows who is who on each network.
type directory struct {
	people map[string]string   // "network/account", folded, to person id
	grants map[string]bot.Role // by person and "person@team"
}

func newDirectory(cfg *config.Config) *directory {
	d := &directory{people: map[string]string{}, grants: map[string]bot.Role{}}
	for id, p := range cfg.People {
		for network, accounts := range p.Accounts {
			for _, account := range accounts {
				d.people[accountKey(network, account)] = id
			}
		}
	}
	for _, id := range cfg.Operators.People {
		d.grants[id] |= bot.Operator
	}
	for _, t := range cfg.Teams {
		for _, id := range t.PTL {
			d.grants[id+"@"+t.ID] |= bot.PTL
		}
		for _, id := range t.Crew.People {
			d.grants[id+"@"+t.ID] |= bot.Core
		}
	}
	return d
}

// accountKey folds an account's name: services compare them without case.
func accountKey(network, account string) string { return network + "/" + bot.FoldAccount(account) }

// roles returns what a principal may act as. A nick alone is nobody.
func (d *directory) roles(team string, p bot.Principal) bot.Role {
	if p.Strength < bot.Registered || p.Account == "" {
		return bot.Anyone
	}
	id, ok := d.people[accountKey(p.Network, p.Account)]
	if !ok {
		return bot.Anyone
	}
	return d.grants[id] | d.grants[id+"@"+team]
}

// known reports whether the nick is somebody's account.
func (d *directory) known(p bot.Principal) bool {
	_, ok := d.people[accountKey(p.Network, p.Nick)]
	return ok
}
