package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever names a calendar hears that it could not be read, also where something
// else could, or where it is a folder of which one file is lost.
func TestACalendarThatIsNotRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"quiet/schedule.yaml":    "cycle:\n  - start: '2026-08-24'\n    end: '2026-08-28'\n    name: R-5\n",
		"half/schedule.rst":      "2026.2 Hibiscus Release Schedule\n================================\n\n.. _h-ff:\n\nFeature freeze\n--------------\n\nAugust 27, 2026.\n",
		"half/schedule.yaml/not": "",
		"other.rst":              "Read me\n=======\n\nNothing of a calendar.\n",
		"empty.ics":              "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		names  string
		status int
		says   string
	}{
		{"quiet", exitDone, ""},
		{"quiet none", exitFailed, "1 of 2 could not be read"},
		{"quiet half", exitFailed, "1 of 2 could not be read"},
		{"quiet other.rst", exitFailed, "1 of 2 could not be read"},
		{"other.rst empty.ics", exitFailed, "2 of 2 could not be read"},
	} {
		args := []string{"calendar"}
		for name := range strings.FieldsSeq(tc.names) {
			args = append(args, filepath.Join(dir, name))
		}
		status, stdout, stderr := program(t, args...)
		if status != tc.status || stdout != "" || !strings.Contains(stderr, tc.says) {
			t.Errorf("%s: status %d, want %d; it prints %q and %q, want %q in it", tc.names, status, tc.status, stdout, stderr, tc.says)
		}
	}
}

// What two teams' common calendar has is told once, and counted; that nobody
// reviewed before milestones that have passed is no news.
func TestCheckTellsOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "crooked"), os.DirFS("testdata/calendars/crooked")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "bot.toml")
	text := oneTeam + "[team.glance.calendar]\nopenstack = \"crooked\"\n[team.nova]\nrooms = [\"net/#nova\"]\n[team.nova.calendar]\nopenstack = \"crooked\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := program(t, "check", "-config", file)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	want := fmt.Sprintf("%s: no mistakes in the configuration, 2 findings in its calendars, see above; 2 teams, 1 network", file)
	if status != exitDone || len(lines) != 3 || lines[2] != want || strings.Contains(stdout, "review day") {
		t.Errorf("status %d, it says %s\n%swant two findings and\n%s", status, stderr, stdout, want)
	}
}
