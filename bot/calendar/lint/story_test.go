package lint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar/lint"
)

// story is an edit of the correct files, pairs of old and new text, and what is
// found then.
type story struct {
	name string
	edit []string
	want string
}

func tell(t *testing.T, stories []story) {
	t.Helper()
	for _, tc := range stories {
		t.Run(tc.name, func(t *testing.T) {
			t.Helper()
			got := lines(lint.Check(kestrel(t).edited(t, tc.edit...).input()))
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
