package command_test

import (
	"strings"
	"testing"

	"torchbearer/bot"
	"torchbearer/bot/command"
)

var opendev = bot.Team{Name: "Glance", Gerrit: bot.ReviewServer{URL: "https://review.opendev.org"}}

func TestSpellingsOfAChange(t *testing.T) {
	below := bot.Team{Name: "Parser", Gerrit: bot.ReviewServer{URL: "https://gerrit.example.org/r"}}
	port := bot.Team{Name: "Test", Gerrit: bot.ReviewServer{URL: "http://127.0.0.1:8080"}}
	number, id := command.Ref{Number: 912345}, command.Ref{ID: aloneID}
	for _, tc := range []struct {
		word string
		team bot.Team
		want command.Ref
	}{
		{"912345", opendev, number},
		{"#912345", opendev, number},
		{"912345,3", opendev, number},
		{"912345/3", opendev, number},
		{"912345.", opendev, number},
		{"(912345),", opendev, number},
		{"2147483647", opendev, command.Ref{Number: 2147483647}},
		{aloneID, opendev, id},
		{strings.ToUpper(aloneID), opendev, id},
		{strings.ToLower(aloneID), opendev, id},
		{"<" + aloneID + ">?", opendev, id},
		{"https://review.opendev.org/912345", opendev, number},
		{"https://review.opendev.org/912345/", opendev, number},
		{"https://review.opendev.org/c/912345/3", opendev, number},
		{"https://review.opendev.org/c/openstack/glance/+/912345", opendev, number},
		{"<https://review.opendev.org/c/openstack/glance/+/912345/3?tab=checks>,", opendev, number},
		{"https://review.opendev.org/c/openstack/glance/+/912345/2..3/glance/api/v2/images.py#1234", opendev, number},
		{"https://review.opendev.org/c/openstack/glance/%2B/912345", opendev, number},
		{"http://review.opendev.org/#/c/912345/", opendev, number},
		{"https://review.opendev.org/#/c/912345/3/setup.cfg", opendev, number},
		{"https://review.opendev.org/q/" + aloneID, opendev, id},
		{"review.opendev.org/912345", opendev, number},
		{"HTTPS://Review.OpenDev.org:443/912345", opendev, number},
		{"https://review.opendev.org./912345", opendev, number},
		{"https://gerrit.example.org/r/c/a/b/+/912345", below, number},
		{"https://gerrit.example.org/r/#/c/912345/", below, number},
		{"http://127.0.0.1:8080/912345", port, number},

		{"bob", opendev, command.Ref{}},
		{"", opendev, command.Ref{}},
		{"0", opendev, command.Ref{}},
		{"-1", opendev, command.Ref{}},
		{"+912345", opendev, command.Ref{}},
		{"9_1", opendev, command.Ref{}},
		{"0x10", opendev, command.Ref{}},
		{"2147483648", opendev, command.Ref{}},
		{"99999999999999999999", opendev, command.Ref{}},
		{"912345,x", opendev, command.Ref{}},
		{"٩١٢٣٤٥", opendev, command.Ref{}},
		{aloneID[:40], opendev, command.Ref{}},
		{aloneID[:40] + "g", opendev, command.Ref{}},
		{"a/b", opendev, command.Ref{}},
		{"ftp://review.opendev.org/912345", opendev, command.Ref{}},
		{"javascript://review.opendev.org/912345", opendev, command.Ref{}},
		{"https://", opendev, command.Ref{}},
		{"https://[::1/912345", opendev, command.Ref{}},
		{"https://review.opendev.org/912345/" + strings.Repeat("x", 2000), opendev, command.Ref{}},
	} {
		got, err := command.ParseRef(tc.word, tc.team)
		if got != tc.want || err != nil {
			t.Errorf("%q: got %+v and error %v, want %+v", tc.word, got, err, tc.want)
		}
	}
}

func TestAddressesOfNoChange(t *testing.T) {
	below := bot.Team{Name: "Parser", Gerrit: bot.ReviewServer{URL: "https://gerrit.example.org/r"}}
	for _, tc := range []struct {
		word string
		team bot.Team
		want string
	}{
		{"https://gerrit.wikimedia.org/c/1", opendev, `Glance's changes are on https://review.opendev.org, not on "gerrit.wikimedia.org".`},
		{"https://review.opendev.org@evil.example/912345", opendev, `Glance's changes are on https://review.opendev.org, not on "evil.example".`},
		{"https://review.opendev.org.evil.example/912345", opendev, `Glance's changes are on https://review.opendev.org, not on "review.opendev.org.evil.example".`},
		{"https://review.opendev.org:8443/912345", opendev, `Glance's changes are on https://review.opendev.org, not on "review.opendev.org:8443".`},
		{"https://gerrit.example.org/912345", below, `Parser's changes are on https://gerrit.example.org/r, not on "gerrit.example.org".`},
		{"https://gerrit.example.org/rr/912345", below, `Parser's changes are on https://gerrit.example.org/r, not on "gerrit.example.org".`},
		{"https://review.opendev.org/q/status:open", opendev, `"https://review.opendev.org/q/status:open" is no change's address. Give its number, its address or its Change-Id.`},
		{"https://review.opendev.org/c/+/x", opendev, `"https://review.opendev.org/c/+/x" is no change's address. Give its number, its address or its Change-Id.`},
	} {
		got, err := command.ParseRef(tc.word, tc.team)
		if err == nil || err.Error() != tc.want || got != (command.Ref{}) {
			t.Errorf("%q: got  %+v, %v\nwant %s", tc.word, got, err, tc.want)
		}
	}
}

// Whatever is pasted is one reference, or none.
func FuzzRef(f *testing.F) {
	for _, word := range []string{"912345,3", "#1", aloneID, "https://review.opendev.org/c/a/+/1/2?x#y", "http://h/#/c/1/", "h.x/1", "//", "https://[", "%"} {
		f.Add(word)
	}
	f.Fuzz(func(t *testing.T, word string) {
		got, err := command.ParseRef(word, opendev)
		switch {
		case err != nil:
			if len(err.Error()) > 300 || got != (command.Ref{}) {
				t.Errorf("%q: %+v and an error of %d bytes: %v", word, got, len(err.Error()), err)
			}
		case got.Number < 0 || got.Number > 1<<31-1 || got.Number != 0 && got.ID != "":
			t.Errorf("%q is %+v", word, got)
		case got != (command.Ref{}):
			if again, err := command.ParseRef(got.String(), opendev); again != got || err != nil {
				t.Errorf("%q is %s, which is %+v, %v", word, got, again, err)
			}
		}
	})
}
