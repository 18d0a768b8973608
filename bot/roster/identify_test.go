package roster

import (
	"slices"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/review"
)

// An account has a role whatever the case of its ASCII letters; one that is
// only like it in Unicode is somebody else's.
func TestAccountsAreFoldedInASCIIAlone(t *testing.T) {
	r := New(Options{
		People: map[string]bot.Person{
			"maria": {ID: "maria", Accounts: map[string][]string{"net": {"Maria"}}},
			"kim":   {ID: "kim", Accounts: map[string][]string{"net": {"kim["}}},
		},
		Operators: []string{"maria", "kim"},
	})
	operator := bot.Operator | bot.Known
	for account, want := range map[string]bot.Role{
		"maria": operator, "MARIA": operator, "Kim[": operator,
		"MARİA": bot.Anyone, "\u212aim[": bot.Anyone, "kim{": bot.Anyone, "": bot.Anyone,
	} {
		p := bot.Principal{Network: "net", Nick: account, Account: account, Strength: bot.Account}
		if got := r.Roles("", p); got != want {
			t.Errorf("account %q is %s, want %s", account, got, want)
		}
		if got := r.Known(p); got != (want != bot.Anyone) {
			t.Errorf("nick %q known: %t", account, got)
		}
	}
}

func TestRolesCantBeTaken(t *testing.T) {
	w := newWorld(t)
	w.learn(t, known())
	tests := []struct {
		story, team string
		who         bot.Principal
		want        bot.Role
		id          string
	}{
		{"her own account", "glance", logged("oftc", "maria", "maria"), bot.Operator | bot.PTL | bot.Core | bot.Known, "maria"},
		{"another nick, her account", "glance", logged("oftc", "m_", "MARIA-WORK"), bot.Operator | bot.PTL | bot.Core | bot.Known, "maria"},
		{"a registered nick", "glance", bot.Principal{Network: "oftc", Nick: "maria", Account: "maria", Strength: bot.Registered}, bot.Operator | bot.PTL | bot.Core | bot.Known, "maria"},
		{"in another team", "nova", logged("oftc", "maria", "maria"), bot.Operator | bot.Known, "maria"},
		{"in no team", "", logged("oftc", "maria", "maria"), bot.Operator | bot.Known, "maria"},
		{"for the whole bot", bot.NoTeam, logged("oftc", "maria", "maria"), bot.Operator | bot.Known, "maria"},
		{"in a team that is none", "heat", logged("oftc", "maria", "maria"), bot.Operator | bot.Known, "maria"},
		{"core by a group", "glance", logged("libera", "x", "zed"), bot.Core | bot.Known, "zoe"},
		{"the same group is another team's nothing", "nova", logged("oftc", "zoe", "zoe"), bot.PTL | bot.Known, "zoe"},
		{"core by configuration", "glance", logged("oftc", "kim", "kim["), bot.Core | bot.Known, "kim"},

		{"her nick, nothing proven", "glance", nick("oftc", "maria"), bot.Anyone, ""},
		{"her nick, an account claimed but not proven", "glance", bot.Principal{Network: "oftc", Nick: "maria", Account: "maria"}, bot.Anyone, ""},
		{"her nick, an account of somebody without a section", "glance", logged("oftc", "maria", "mallory"), bot.Anyone, ""},
		{"her nick, somebody else's account", "glance", logged("oftc", "maria", "kim["), bot.Core | bot.Known, "kim"},
		{"the same account on another network", "glance", logged("libera", "maria", "maria"), bot.Anyone, ""},
		{"somebody else's account there", "glance", logged("libera", "zoe", "zoe"), bot.Anyone, ""},
		{"no account, but proven", "glance", bot.Principal{Network: "oftc", Nick: "maria", Strength: bot.Account}, bot.Anyone, ""},
		{"a Gerrit username as account", "glance", logged("oftc", "zokafor", "zokafor"), bot.Anyone, ""},
		{"a core of Gerrit without a section", "glance", logged("oftc", "ines", "ines"), bot.Anyone, ""},
		{"the Kelvin sign", "glance", logged("oftc", "kim", "\u212aim["), bot.Anyone, ""},
		{"a brace for a bracket", "glance", logged("oftc", "kim", "kim{"), bot.Anyone, ""},
		{"an id as account", "glance", logged("oftc", "kim2", "kim2"), bot.Anyone, ""},
		{"a path", "glance", logged("oftc/maria", "x", ""), bot.Anyone, ""},
		{"a network in the account", "glance", logged("", "x", "oftc/maria"), bot.Anyone, ""},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			if got := w.Roles(tt.team, tt.who); got != tt.want {
				t.Errorf("roles %q, want %q", got, tt.want)
			}
			who, ok := w.Identify(tt.who)
			if who.ID != tt.id || ok != (tt.id != "") {
				t.Errorf("is %q %t, want %q", who.ID, ok, tt.id)
			}
		})
	}
}

// A group decides by account number. Who takes a username that a group once had,
// or writes it into their display name, is nobody.
func TestACoreIsAnAccountNotAName(t *testing.T) {
	w := newWorld(t)
	zoe := logged("oftc", "zoe", "zoe")
	for story, tc := range map[string]struct {
		groups []review.Account
		want   bot.Role
	}{
		"her account":                          {[]review.Account{{ID: 1, Username: "zokafor"}}, bot.Core | bot.Known},
		"her account, no username shown":       {[]review.Account{{ID: 1}}, bot.Core | bot.Known},
		"another account of that display name": {[]review.Account{{ID: 9, Username: "mallory", Name: "zokafor"}}, bot.Known},
		"another account of that username":     {[]review.Account{{ID: 9, Username: "zokafor"}}, bot.Known},
		"nobody":                               {nil, bot.Known},
	} {
		w.learn(t, Learnt{
			Groups:   map[string][]review.Account{"glance-core": tc.groups},
			Accounts: map[string]review.Account{"zokafor": {ID: 1, Username: "zokafor"}},
		})
		if got := w.Roles("glance", zoe); got != tc.want {
			t.Errorf("%s: %q, want %q", story, got, tc.want)
		}
	}
}

func TestCast(t *testing.T) {
	w := newWorld(t)
	cast := func(project string) (cores []int, known bool, ptl []int, spec bool) {
		c := w.Cast("glance", project)
		return c.Cores.All(), c.Cores.Known(), c.PTL, c.Spec
	}
	check := func(story, project string, wantCores []int, wantKnown bool, wantPTL []int, wantSpec bool) {
		t.Helper()
		cores, known, ptl, spec := cast(project)
		if !slices.Equal(cores, wantCores) || known != wantKnown || !slices.Equal(ptl, wantPTL) || spec != wantSpec {
			t.Errorf("%s, %s: cores %v %t, ptl %v, spec %t", story, project, cores, known, ptl, spec)
		}
	}
	check("nothing read", "openstack/glance", nil, false, nil, false)
	check("nothing read", "openstack/store", nil, false, nil, false)

	l := known()
	delete(l.Groups, "glance-specs-core")
	w.learn(t, l)
	check("one group read", "openstack/glance", []int{1, 7}, true, []int{2}, false)
	check("kim has no account there", "openstack/store", []int{3}, true, []int{2}, false)
	check("the group was never read", "openstack/glance-specs", nil, false, []int{2}, true)
	check("a project nobody listed", "openstack/other", []int{1, 7}, true, []int{2}, false)

	l.Groups["glance-specs-core"] = []review.Account{}
	w.learn(t, l)
	check("a group that seems empty", "openstack/glance-specs", nil, false, []int{2}, true)

	w.learn(t, known())
	check("all read", "openstack/glance-specs", []int{2}, true, []int{2}, true)
	// Whoever is known of a crew, the rest of it may be more.
	some := newWorld(t, func(o *Options) {
		o.Teams[0].Crews["openstack/store"] = bot.Crew{People: []string{"bob"}, Groups: []string{"store-core"}}
	})
	some.learn(t, known())
	if c := some.Cast("glance", "openstack/store"); c.Cores.Known() {
		t.Errorf("one group is unread, and the cores are %v", c.Cores.All())
	}
	if c := w.Cast("heat", "openstack/heat"); c.Cores.Known() || c.PTL != nil {
		t.Errorf("no such team: %v", c)
	}
}
