package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// program runs it and returns what it prints.
func program(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	status = Main(t.Context(), Env{Args: args, Stdout: &out, Stderr: &errs})
	return status, out.String(), errs.String()
}

func TestCalendarCommands(t *testing.T) {
	const (
		good, crooked, election = "testdata/calendars/hibiscus", "testdata/calendars/crooked", "testdata/calendars/election.yaml"

		weeks = good + "/schedule.yaml"

		year = crooked + "/schedule.rst:21: h-3: the text says 2025-08-28; the label stands in R-5, the week of 2026-08-24 (probably 2026-08-28)\n"
		end  = crooked + "/schedule.yaml:17: week R-3: the week of 2026-09-07 ends on 2027-09-11, another year than it starts (probably 2026-09-11)\n"
	)
	for _, tc := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string // stderr: a part
	}{
		{"a clean calendar", []string{"check", "-calendar", good}, exitDone, good + ": no mistakes\n", ""},
		{"several that are", []string{"check", "-calendar", good, election}, exitDone, good + ", " + election + ": no mistakes\n", ""},
		{"mistakes", []string{"check", "-calendar", good, crooked}, exitFailed, year + end, ""},
		{"a calendar that is not there", []string{"check", "-calendar", "testdata/none"}, exitFailed, "testdata/none: open: no such file or directory\n", ""},
		{"the weeks without the page", []string{"check", "-calendar", weeks}, exitDone, weeks + ": notice: there is no schedule.rst with the text of its 6 labels, so that only the weeks were looked at\n" + weeks + ": no mistakes\n", ""},
		{"the weeks, and their page beside them", []string{"check", "-calendar", weeks, good}, exitDone, weeks + ", " + good + ": no mistakes\n", ""},
		{"a calendar behind an address", []string{"check", "-calendar", good, "https://example.org/x"}, exitUsage, "", "https://example.org/x is an address, and calendars are read from folders and files here"},
		{"events behind an address", []string{"calendar", "https://example.org/x"}, exitUsage, "", "https://example.org/x is an address, and"},
		{"which calendar", []string{"check", "-calendar"}, exitUsage, "", "want -calendar FOLDER…"},
		{"a calendar and a configuration", []string{"check", "-calendar", "-config", "x", good}, exitUsage, "", "want -calendar FOLDER…"},
		{"neither", []string{"check"}, exitUsage, "", "-config is missing"},
		{"events of nothing", []string{"calendar"}, exitUsage, "", "want FOLDER…"},
		{"an unknown flag", []string{"calendar", "-x", good}, exitUsage, "", "-x"},
		{"events of what is not there", []string{"calendar", "testdata/none"}, exitFailed, "", "1 of 1 could not be read, or only in part"},
		{
			"events of an election",
			[]string{"calendar", election},
			exitDone,
			"2026-08-05 23:45 UTC        elections  election-nominations     election-ptl-nominations  PTL Nominations  testdata/calendars/election.yaml:9\n" +
				"2026-08-26 00:00 UTC        elections  election-email-deadline  election-email-deadline   Email deadline  testdata/calendars/election.yaml:7\n" +
				"2026-08-26 23:45 UTC        elections  election-voting          election-ptl-election     PTL Election  testdata/calendars/election.yaml:12\n", "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, stdout, stderr := program(t, tc.args...)
			if status != tc.status || !strings.Contains(stderr, tc.stderr) {
				t.Errorf("status %d, want %d; it says %q, want %q in it", status, tc.status, stderr, tc.stderr)
			}
			if diff := cmp.Diff(tc.stdout, stdout); diff != "" {
				t.Errorf("it prints (-want +got):\n%s", diff)
			}
		})
	}
}

// What one source of several holds is printed though another can't be read.
func TestCalendarAsJSON(t *testing.T) {
	status, stdout, stderr := program(t, "calendar", "-json", "testdata/none", "testdata/calendars/hibiscus")
	if status != exitFailed || !strings.Contains(stderr, "testdata/none: open: ") {
		t.Errorf("status %d, %q", status, stderr)
	}
	var got []string
	for line := range strings.Lines(stdout) {
		var row struct{ Series, Label, Team, Kind, Week, Date, Title, File string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got = append(got, strings.Join([]string{row.Series, row.Label, row.Team, row.Kind, row.Week, row.Date, row.Title}, "|"))
	}
	want := []string{
		"hibiscus|h-3|cross-project|milestone|R-5|2026-08-27|Hibiscus-3 milestone",
		"hibiscus|h-ff|cross-project|feature-freeze|R-5|2026-08-27|Feature freeze",
		"hibiscus|h-manila-bugsquash|manila|bugsquash|R-4|2026-09-03|Manila Bugsquash",
		"hibiscus|h-rc1|cross-project|rc1|R-3|2026-09-10|RC1 target week",
		"hibiscus|h-finalrc|cross-project|final-rc|R-1|2026-09-24|Final RCs and intermediary releases",
		"hibiscus|h-final|cross-project|release|R+0|2026-09-30|2026.2 Hibiscus release",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// The check of a configuration reads its calendars: a mistake in one is told, and
// no reason not to run; one that is not there is, by the line that names it.
func TestCheckReadsCalendars(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "crooked"), os.DirFS("testdata/calendars/crooked")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "bot.toml")
	for _, tc := range []struct {
		calendar string
		status   int
		want     []string
	}{
		// Whatever else is wrong: all is told in one go.
		{`openstack = "none"` + "\nasof = 1", exitUsage, []string{
			file + ":11: team.glance.calendar.openstack: none: there is no such folder", file + ":12: team.glance.calendar.asof: unknown key",
		}},
		{`openstack = ["crooked", "https://example.org/x"]`, exitDone, []string{
			"crooked/schedule.rst:21: h-3: the text says 2025-08-28", "https://example.org/x is an address, which only -connect reads", "no mistakes in the configuration, 2 findings in its calendars, see above; 1 team",
		}},
		{"openstack = \"crooked\"\nelections = [\n\"none.yaml\"]", exitUsage, []string{file + ":13: team.glance.calendar.elections: none.yaml: there is no such file"}},
		{`openstack = "."`, exitUsage, []string{file + ":11: team.glance.calendar.openstack: .: the folder has neither schedule.yaml nor schedule.rst"}},
	} {
		text := oneTeam + "[team.glance.calendar]\n" + tc.calendar + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := program(t, "check", "-config", file)
		if status != tc.status {
			t.Errorf("%s: status %d, want %d: %s", tc.calendar, status, tc.status, stderr)
		}
		for _, want := range tc.want {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s: %q is not in\n%s%s", tc.calendar, want, stdout, stderr)
			}
		}
	}
}

// A calendar that can't be read is one of the things that are missing: the networks
// are tried all the same.
func TestCheckTriesAllThatIsMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bot.toml")
	// Nobody listens there.
	text := strings.Replace(oneTeam, "irc.example.org:6697", "127.0.0.1:1", 1) + "[team.glance.calendar]\nopenstack = \"https://127.0.0.1:1/x\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := program(t, "check", "-config", file, "-connect")
	if status != exitUsage || !strings.Contains(stderr, "2 things missing, see above") {
		t.Errorf("status %d, want %d: %s", status, exitUsage, stderr)
	}
	for _, want := range []string{file + ":11: team.glance.calendar.openstack: https://127.0.0.1:1/x: the server can't be read", "missing net: not connected"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "no mistakes") {
		t.Errorf("there are some, and it says\n%s", stdout)
	}
}
