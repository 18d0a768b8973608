package lint_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/calendar"
	"torchbearer/bot/calendar/lint"
	"torchbearer/bot/civil"
	"torchbearer/bot/cycle"
)

// files are the texts of testdata/kestrel: an invented cycle without a mistake.
type files struct{ yaml, rst, election string }

func kestrel(t testing.TB) files {
	t.Helper()
	read := func(name string) string {
		data, err := os.ReadFile("testdata/kestrel/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return files{read("schedule.yaml"), read("schedule.rst"), read("election.yaml")}
}

// edited is the files with pairs of old and new text exchanged, in whichever of
// them has the old one.
func (f files) edited(t testing.TB, pairs ...string) files {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		found := 0
		for _, text := range []*string{&f.yaml, &f.rst, &f.election} {
			if n := strings.Count(*text, pairs[i]); n > 0 {
				found += n
				*text = strings.Replace(*text, pairs[i], pairs[i+1], 1)
			}
		}
		if found != 1 {
			t.Fatalf("%q stands in %d places, want 1", pairs[i], found)
		}
	}
	return f
}

func (f files) schedule() calendar.Schedule {
	return calendar.Read(fstest.MapFS{
		"schedule.yaml": {Data: []byte(f.yaml)},
		"schedule.rst":  {Data: []byte(f.rst)},
	}, "kestrel", civil.Date{})
}

func (f files) input() lint.Input {
	return lint.Input{
		Schedule:  f.schedule(),
		Kinds:     cycle.DefaultKinds(),
		Elections: []calendar.Election{calendar.ParseElection("election.yaml", []byte(f.election))},
	}
}

// lines are findings as they are printed, one a line.
func lines(findings []lint.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

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
