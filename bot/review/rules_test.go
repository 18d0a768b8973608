package review

import "testing"

func TestWhoIsAutomatic(t *testing.T) {
	r := Rules{CI: []string{"zuul"}, Own: 7, User: "novabot"}.complete()
	for _, c := range []struct {
		account Account
		want    bool
	}{
		{Account{ID: 1, Name: "Anna Marucci"}, false},
		{Account{ID: 1, Name: "Marucci"}, false},
		{Account{ID: 1, Name: "Van Ci"}, false},
		{Account{ID: 1, Name: "CI Smith"}, false},
		{Account{ID: 1, Name: "Tom Jenkins"}, false},
		{Account{ID: 1, Name: "Zuulema"}, false},
		{Account{ID: 1, Username: "cisco", Name: "Cisco CI"}, true},
		{Account{ID: 1, Name: "Cisco-CI"}, true},
		{Account{ID: 1, Name: "Cisco CI "}, true},
		{Account{ID: 1, Name: "CI"}, true},
		{Account{ID: 1, Name: "Jenkins"}, true},
		{Account{ID: 1, Name: "Zuul"}, true},
		{Account{ID: 1, Username: "jenkins"}, true},
		{Account{ID: 1, Username: "zuul", Name: "The Gatekeeper"}, true},
		{Account{ID: 1, Username: "zoe", Name: "Zoe", Service: true}, true},
		{Account{ID: 7, Username: "glancebot", Name: "Glance bot"}, true},
		{Account{ID: 8, Username: "novabot", Name: "Nova bot"}, true},
		{Account{ID: 8, Username: "", Name: "novabot"}, false},
		{Account{}, true},
	} {
		if got := r.automatic(c.account); got != c.want {
			t.Errorf("automatic(%+v) = %v, want %v", c.account, got, c.want)
		}
	}
	if r.ci(Account{ID: 2, Username: "mallory", Name: "zuul"}) {
		t.Error("who calls himself zuul is taken for the CI")
	}
	if r.ci(Account{ID: 2, Username: "Zuul"}) {
		t.Error("an account of nearly the CI's name is taken for it")
	}
}

func TestCores(t *testing.T) {
	known := KnownCores(3, 1, 3)
	for id, want := range map[int]Fact{1: Yes, 2: No, 3: Yes} {
		if got := known.Has(id); got != want {
			t.Errorf("Has(%d) = %q, want %q", id, got, want)
		}
	}
	if got := (Cores{}).Has(1); got != Unknown {
		t.Errorf("nobody knows the cores, but Has(1) = %q", got)
	}
}
