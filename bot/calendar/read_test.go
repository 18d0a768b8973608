package calendar_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"torchbearer/bot/calendar"
	"torchbearer/bot/civil"
)

func TestReadNothing(t *testing.T) {
	s := calendar.Read(fstest.MapFS{}, "a/b", civil.Date{})
	if got := told(s.Problems); got != "unreadable a/b: neither schedule.yaml nor schedule.rst\n" || s.Series != "b" {
		t.Errorf("got %s of %s", got, s.Series)
	}
	s = calendar.Read(fstest.MapFS{"schedule.yaml/x": {}}, "a", civil.Date{})
	if got := told(s.Problems); !strings.HasPrefix(got, "unreadable a/schedule.yaml: read: ") {
		t.Errorf("got %s", got)
	}
}

// unopened is a folder none of whose files may be opened: of a pipe that alone
// waits for whoever writes to it.
type unopened struct{ fstest.MapFS }

func (unopened) Open(name string) (fs.File, error) {
	return nil, fmt.Errorf("%s was opened", name)
}

func TestReadPipe(t *testing.T) {
	pipe := &fstest.MapFile{Mode: fs.ModeNamedPipe | 0o600}
	s := calendar.Read(unopened{fstest.MapFS{"schedule.yaml": pipe, "schedule.rst": pipe}}, "a", civil.Date{})
	want := "unreadable a/schedule.yaml: read: it is no ordinary file\nunreadable a/schedule.rst: read: it is no ordinary file\n"
	if got := told(s.Problems); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
