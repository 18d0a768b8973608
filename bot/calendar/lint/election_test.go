package lint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/lint"
)

// The next series' events stand on its own page, but its election on this one.
func TestPartsOfAnElection(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit []string
		want string
	}{
		{
			"one has lost its label",
			[]string{".. _l-election-close:\n\n", ""},
			"kestrel/schedule.yaml:73: l-election-close: no page describes this label\n",
		},
		{"the whole election is described elsewhere", []string{".. _l-election-email-deadline:", "", ".. _l-election-nominations:", "", ".. _l-election-voting:", "", ".. _l-election-close:", ""}, ""},
		{"another event of the next series is", []string{"      - l-election-close\n", "      - l-election-close\n      - l-goals\n"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := kestrel(t).edited(t, tc.edit...).input()
			in.Elections = nil
			if d := cmp.Diff(tc.want, lines(lint.Check(in))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
