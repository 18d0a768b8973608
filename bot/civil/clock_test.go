package civil

import (
	"encoding/csv"
	"fmt"
	"os"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// failer is a test, a benchmark or a property.
type failer interface {
	Helper()
	Fatal(...any)
}

func mustZone(t failer, name string) *time.Location {
	t.Helper()
	loc, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func mustTime(t failer, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Every row of a table that Python's zoneinfo computed from tzdata 2026f.
func TestAtFollowsTheTable(t *testing.T) {
	f, err := os.Open("testdata/dates.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:] // the first row names the columns
	if len(rows) != 151 {
		t.Fatalf("the table has %d rows, want 151", len(rows))
	}
	for _, row := range rows {
		zone, local, decision, want, used, second, weekday := row[0], row[1], row[2], row[3], row[4], row[5], row[7]
		t.Run(zone+" "+local, func(t *testing.T) {
			loc := mustZone(t, zone)
			d, err := ParseDate(local[:10])
			if err != nil {
				t.Fatal(err)
			}
			c, err := ParseClock(local[11:])
			if err != nil {
				t.Fatal(err)
			}
			got := d.At(c, loc)
			if got.Format(time.RFC3339) != want {
				t.Errorf("%s: got %s, want %s", decision, got.Format(time.RFC3339), want)
			}
			reads := got.In(loc).Format("2006-01-02T15:04")
			switch decision {
			case "gap":
				if reads != used {
					t.Errorf("after the gap the clock reads %s, want %s", reads, used)
				}
			case "fold":
				if again := mustTime(t, second).In(loc).Format("2006-01-02T15:04"); again != local {
					t.Errorf("zone data: the second occurrence reads %s", again)
				}
				fallthrough
			default:
				if reads != local {
					t.Errorf("the clock reads %s", reads)
				}
			}
			if got := d.Weekday().String()[:3]; got != weekday {
				t.Errorf("weekday %s, want %s", got, weekday)
			}
		})
	}
}

// What the table does not have.
func TestAtEdges(t *testing.T) {
	tests := []struct{ story, zone, local, want string }{
		{"the last day of a leap year, years Go knows by rule only", "Europe/Prague", "2048-12-31T12:00", "2048-12-31T11:00:00Z"},
		{"its last minute", "America/New_York", "2048-12-31T23:59", "2049-01-01T04:59:00Z"},
		{"the first minute after it", "Australia/Lord_Howe", "2049-01-01T00:00", "2048-12-31T13:00:00Z"},
		{"a gap by rule", "Europe/Prague", "2060-03-28T02:30", "2060-03-28T01:00:00Z"},
		{"a fold by rule", "Europe/Prague", "2060-10-31T02:30", "2060-10-31T00:30:00Z"},
		{"a fold over midnight: 00:01 became 23:01 of the day before", "America/St_Johns", "2010-11-06T23:30", "2010-11-07T02:00:00Z"},
		{"midnight twice", "America/St_Johns", "2010-11-07T00:00", "2010-11-07T02:30:00Z"},
		{"the only 00:01 comes with the clock turned back already", "America/St_Johns", "2010-11-07T00:01", "2010-11-07T03:31:00Z"},
		{"local mean time, seconds west", "Africa/Monrovia", "1850-01-01T12:00", "1850-01-01T12:43:08Z"},
		{"a gap of 44 min 30 s", "Africa/Monrovia", "1972-01-07T00:30", "1972-01-07T00:44:30Z"},
		{"local mean time, seconds east", "Asia/Kathmandu", "1919-12-31T12:00", "1919-12-31T06:18:44Z"},
		{"east of the date line, UTC+14", "Pacific/Kiritimati", "2026-12-10T00:00", "2026-12-09T10:00:00Z"},
		{"west of it, UTC-11", "Pacific/Pago_Pago", "2026-12-10T23:59", "2026-12-11T10:59:00Z"},
		{"UTC-12", "Etc/GMT+12", "2026-12-10T23:59", "2026-12-11T11:59:00Z"},
		{"a day lived twice: Alaska changed sides of the date line", "America/Juneau", "1867-10-18T20:00", "1867-10-18T04:57:41Z"},
		{"a skipped Saturday", "Pacific/Kwajalein", "1993-08-21T09:00", "1993-08-21T12:00:00Z"},
		{"year 1", "America/New_York", "0001-01-01T00:00", "0001-01-01T04:56:02Z"},
		{"year 9999", "America/New_York", "9999-12-31T23:59", "10000-01-01T04:59:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.story, func(t *testing.T) {
			loc := mustZone(t, tt.zone)
			d, err := ParseDate(tt.local[:10])
			if err != nil {
				t.Fatal(err)
			}
			c, err := ParseClock(tt.local[11:])
			if err != nil {
				t.Fatal(err)
			}
			if got := d.At(c, loc).Format(time.RFC3339); got != tt.want {
				t.Errorf("%s %s: got %s, want %s", tt.zone, tt.local, got, tt.want)
			}
		})
	}
}

// naiveAt says what the rule says and nothing else: it goes through the minutes
// of UTC, reads the zone's clock at each, and takes the first that reads local;
// if none does, the first that has passed it. Where the clock is off by seconds,
// as local mean times were, it goes through the seconds.
func naiveAt(local string, loc *time.Location) time.Time {
	const layout = "2006-01-02T15:04:05"
	local += ":00"
	wall, err := time.Parse(layout, local)
	if err != nil {
		panic(err)
	}
	begin, end := wall.Add(-27*time.Hour), wall.Add(27*time.Hour)
	_, early := begin.In(loc).Zone()
	_, late := end.In(loc).Zone()
	step := time.Minute
	if early%60 != 0 || late%60 != 0 {
		step = time.Second
	}
	var passed time.Time
	for t := begin; t.Before(end); t = t.Add(step) {
		reads := t.In(loc).Format(layout)
		if reads == local {
			return t
		}
		if reads > local && passed.IsZero() {
			passed = t
		}
	}
	return passed
}

// oddZones have what is hard: half hours, gaps at midnight, skipped days, both
// sides of the date line, seconds, rules that change every year.
var oddZones = []string{
	"UTC", "Etc/GMT+12", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia", "Pacific/Fakaofo",
	"Pacific/Kwajalein", "Pacific/Chatham", "Australia/Lord_Howe", "Australia/Sydney", "America/Santiago",
	"America/Sao_Paulo", "America/Havana", "America/Asuncion", "America/St_Johns", "America/New_York",
	"America/Juneau", "America/Caracas", "America/Nuuk", "Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia",
	"Africa/Sao_Tome", "Europe/Prague", "Europe/Dublin", "Europe/Moscow", "Europe/Amsterdam", "Europe/Volgograd",
	"Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Asia/Gaza", "Asia/Beirut", "Asia/Amman", "Asia/Pyongyang",
	"Asia/Manila", "Asia/Tokyo", "Antarctica/Troll", "Antarctica/Casey", "Antarctica/Vostok",
}

// drawWall draws a zone and a wall-clock time, which need not exist there: mostly
// within two hours of a change of the zone's clock, since a time at random
// hardly ever meets one.
func drawWall(t *rapid.T) (*time.Location, Date, Clock) {
	loc := mustZone(t, rapid.SampledFrom(oddZones).Draw(t, "zone"))
	// Sampled, because rapid's integers crowd around 0, and so around 1970.
	decade := rapid.SampledFrom([]int{1840, 1890, 1910, 1930, 1940, 1970, 1980, 1990, 2000, 2010, 2020, 2030, 2060, 2100}).Draw(t, "decade")
	d := Date{decade, time.January, 1}.AddDays(rapid.IntRange(0, 3652).Draw(t, "day"))
	wall := d.utc().Add(time.Duration(rapid.IntRange(0, 1439).Draw(t, "minute")) * time.Minute)
	if rapid.IntRange(0, 4).Draw(t, "anywhere") > 0 {
		if _, end := wall.In(loc).ZoneBounds(); !end.IsZero() {
			_, offset := end.Add(-1).In(loc).Zone()
			before := end.UTC().Add(time.Duration(offset) * time.Second).Truncate(time.Minute)
			wall = before.Add(time.Duration(rapid.IntRange(-120, 120).Draw(t, "minutes")) * time.Minute)
		}
	}
	return loc, dateOf(wall), Clock{wall.Hour(), wall.Minute()}
}

func TestAtAgreesWithReadingTheClockEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, d, c := drawWall(t)
		got, want := d.At(c, loc), naiveAt(d.String()+"T"+c.String(), loc)
		if !got.Equal(want) {
			t.Fatalf("%s %s %s: got %s, want %s", loc, d, c, got, want)
		}
	})
}

// Start is the border between two days: just before it no clock in the zone has
// shown the day yet. A skipped day starts and ends at once.
func TestStartIsTheFirstInstantOfTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, d, _ := drawWall(t)
		start := d.Start(loc)
		skipped := start.Equal(d.AddDays(1).Start(loc))
		if got := DateOf(start, loc); got != d && !skipped || got.Before(d) {
			t.Errorf("%s %s starts at %s, where it is %s", loc, d, start, got)
		}
		if got := DateOf(start.Add(-1), loc); !got.Before(d) {
			t.Errorf("%s %s starts at %s, and it is %s before", loc, d, start, got)
		}
	})
}

func TestStartOfDaysThatDoNotBeginAtMidnight(t *testing.T) {
	tests := []struct{ zone, date, want string }{
		{"America/Santiago", "2025-09-07", "2025-09-07T01:00:00-03:00"},
		{"Africa/Cairo", "2024-04-26", "2024-04-26T01:00:00+03:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"}, // there was no such day
		{"Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"},
	}
	for _, tt := range tests {
		loc := mustZone(t, tt.zone)
		d, err := ParseDate(tt.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Start(loc).In(loc).Format(time.RFC3339); got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.zone, tt.date, got, tt.want)
		}
	}
}

func TestParseClock(t *testing.T) {
	for text, want := range map[string]Clock{"00:00": {}, "14:00": {14, 0}, "23:59": {23, 59}, "06:07": {6, 7}} {
		got, err := ParseClock(text)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	const shape, limits = "want hours:minutes, such as 14:00", "times are 00:00 to 23:59"
	for text, want := range map[string]string{
		"": shape, "14": shape, "14:0": shape, "4:00": shape, "14.00": shape, "14:00:00": shape, " 4:00": shape,
		"+4:00": shape, "14:-1": shape, "2pm": shape, "1４:0": shape,
		"24:00": limits, "14:60": limits, "99:99": limits,
	} {
		want = fmt.Sprintf("parse time of day %q: %s", text, want)
		if _, err := ParseClock(text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func FuzzParseClock(f *testing.F) {
	for _, s := range []string{"14:00", "24:00", "0:00", "００:00", "\xff\xff:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseClock(s)
		if err != nil {
			return
		}
		if c.String() != s {
			t.Errorf("%q came back as %q", s, c)
		}
		if got, err := time.Parse("15:04", s); err != nil || got.Hour() != c.Hour || got.Minute() != c.Minute {
			t.Errorf("%q: got %v, package time reads %v, %v", s, c, got, err)
		}
	})
}
