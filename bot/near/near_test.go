package near_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"torchbearer/bot/near"
)

func TestBestAsksOnlyAboutAProbableSlip(t *testing.T) {
	commands := []string{"help", "status", "freeze", "when", "calendar", "next"}
	tests := []struct {
		word, want string
	}{
		{"freeze", "freeze"},     // known as it is
		{"FREEZE", "freeze"},     // case is no slip
		{"freez", "freeze"},      // missing
		{"freeeze", "freeze"},    // too many
		{"fereze", "freeze"},     // exchanged
		{"friize", "freeze"},     // two wrong in six letters
		{"statsu", "status"},     //
		{"calender", "calendar"}, //
		{"hlep", "help"},         // one slip in four letters
		{"hxlx", ""},             // two are too many there
		{"wehn", "when"},         //
		{"ne", ""},               // two letters: anything could be meant
		{"hi", ""},               //
		{"", ""},                 //
		{"breakfast", ""},        //
		{strings.Repeat("freeze", 100), ""},
		{"freeze\x00", "freeze"}, // the answer holds none of the question
	}
	for _, tt := range tests {
		got, ok := near.Best(tt.word, commands)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Best(%q) = %q, %v, want %q", tt.word, got, ok, tt.want)
		}
	}
}

func TestBestPrefersTheNearestThenTheFirst(t *testing.T) {
	for _, tt := range []struct {
		known []string
		want  string
	}{
		{[]string{"realnames", "realnome"}, "realnames"}, // one slip each: the first
		{[]string{"realxxme", "realnames"}, "realnames"}, // two, then one
		{[]string{"REALNAME", "realname"}, "REALNAME"},   // no slip at all
	} {
		if got, _ := near.Best("realnAme", tt.known); got != tt.want {
			t.Errorf("Best among %q = %q, want %q", tt.known, got, tt.want)
		}
	}
}

func TestBestFindsEverySingleSlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{4,12}`).Draw(t, "word")
		at := rapid.IntRange(0, len(word)-1).Draw(t, "at")
		slip := rapid.SampledFrom([]string{
			word[:at] + word[at+1:],
			word[:at] + "-" + word[at:],
			word[:at] + "-" + word[at+1:],
			word[:max(at-1, 0)] + swap(word[max(at-1, 0):at+1]) + word[at+1:],
		}).Draw(t, "slip")
		if got, ok := near.Best(slip, []string{word}); !ok || got != word {
			t.Fatalf("Best(%q) = %q, %v, want %q", slip, got, ok, word)
		}
	})
}

func swap(two string) string {
	if len(two) < 2 {
		return two
	}
	return two[1:] + two[:1]
}
