package civil

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	for text, want := range map[string]Date{
		"2026-12-10": {2026, 12, 10}, "2028-02-29": {2028, 2, 29}, "2000-02-29": {2000, 2, 29},
		"0001-01-01": {1, 1, 1}, "9999-12-31": {9999, 12, 31},
	} {
		got, err := ParseDate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	const shape = "want year-month-day, such as 2026-12-10"
	for text, want := range map[string]string{
		"": shape, "tomorrow": shape, "2026-12-1": shape, "26-12-10": shape, "2026/12/10": shape, "20261210": shape,
		"2026-12-10T14:00Z": shape, "+026-12-10": shape, "2026-+2-10": shape, "2026-12- 1": shape, "10-12-2026": shape,
		"2026-02-30": "February 2026 has days 01 to 28",
		"2026-04-31": "April 2026 has days 01 to 30",
		"1900-02-29": "February 1900 has days 01 to 28",
		"2026-12-00": "December 2026 has days 01 to 31",
		"2026-12-32": "December 2026 has days 01 to 31",
		"2026-13-01": "months are 01 to 12",
		"2026-00-01": "months are 01 to 12",
		"0000-01-01": "years are 0001 to 9999",
	} {
		want = fmt.Sprintf("parse date %q: %s", text, want)
		if _, err := ParseDate(text); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// What is quoted comes from chat.
func TestErrorsQuoteHostileWordsSafely(t *testing.T) {
	tests := []struct{ word, want string }{
		{"\x02\r\nQUIT", `parse date "\x02\r\nQUIT": `},
		{"\xff\xfe", `parse date "\xff\xfe": `},
		{"\u202e2026", `parse date "\u202e2026": `},
		{strings.Repeat("ž", 1000), `parse date "` + strings.Repeat("ž", 32) + `"…: `},
	}
	for _, tt := range tests {
		_, err := ParseDate(tt.word)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want it to begin with %s", err, tt.want)
		}
	}
}

func TestDateArithmetic(t *testing.T) {
	freeze := Date{2026, 12, 10}
	got := []any{
		freeze.AddDays(-28).String(), freeze.AddDays(22).String(), freeze.Weekday(), freeze.Monday().String(),
		Date{2026, 12, 7}.Monday().String(), Date{2026, 12, 13}.Monday().String(), Date{2027, 1, 1}.Monday().String(),
		freeze.Sub(Date{2026, 11, 22}), Date{2026, 11, 22}.Sub(freeze), Date{9999, 12, 31}.Sub(Date{1, 1, 1}),
		freeze.Before(Date{2026, 12, 11}), freeze.Before(freeze), freeze.After(Date{2025, 12, 31}), freeze.After(freeze),
		freeze.IsZero(), Date{}.IsZero(),
	}
	want := []any{
		"2026-11-12", "2027-01-01", time.Thursday, "2026-12-07",
		"2026-12-07", "2026-12-07", "2026-12-28",
		18, -18, 3652058,
		true, false, true, false,
		false, true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDateArithmeticHoldsTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-500_000, 500_000).Draw(t, "n")
		d := Date{2026, 12, 10}.AddDays(rapid.IntRange(-700_000, 700_000).Draw(t, "days"))
		e := d.AddDays(n)
		if got := e.Sub(d); got != n {
			t.Errorf("%s and %d days is %s, %d days away", d, n, e, got)
		}
		if d.Before(e) != (n > 0) || d.After(e) != (n < 0) || (d == e) != (n == 0) {
			t.Errorf("%s and %s are in the wrong order", d, e)
		}
		if back := d.Sub(d.Monday()); d.Monday().Weekday() != time.Monday || back < 0 || back > 6 {
			t.Errorf("the Monday of %s is %s", d, d.Monday())
		}
	})
}

func TestDateOfDependsOnTheZone(t *testing.T) {
	at := mustTime(t, "2026-12-10T10:30:00Z")
	for zone, want := range map[string]string{
		"UTC": "2026-12-10", "Etc/GMT+12": "2026-12-09", "Pacific/Pago_Pago": "2026-12-09", "Pacific/Kiritimati": "2026-12-11",
	} {
		if got := DateOf(at, mustZone(t, zone)).String(); got != want {
			t.Errorf("%s: got %s, want %s", zone, got, want)
		}
	}
}

// Records keep dates, times and lengths as the text people write.
func TestTextInJSON(t *testing.T) {
	type record struct {
		On     Date           `json:"on"`
		Until  Date           `json:"until,omitzero"`
		At     Clock          `json:"at"`
		Remind []Span         `json:"remind"`
		Seen   map[Date]Clock `json:"seen"`
	}
	want := record{
		On: Date{2026, 12, 10}, At: Clock{14, 0}, Remind: []Span{DaySpan(28), ClockSpan(90 * time.Minute), {}},
		Seen: map[Date]Clock{{2026, 12, 9}: {}},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	const wantText = `{"on":"2026-12-10","at":"14:00","remind":["28d","90m","0s"],"seen":{"2026-12-09":"00:00"}}`
	if string(text) != wantText {
		t.Errorf("got  %s\nwant %s", text, wantText)
	}
	var got record
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Span{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	for _, v := range []any{Date{}, Date{2026, 2, 30}, Date{10000, 1, 1}, Clock{24, 0}, Clock{0, -1}} {
		if text, err := json.Marshal(v); err == nil {
			t.Errorf("%#v was written as %s", v, text)
		}
	}
	for _, bad := range []string{`{"on":""}`, `{"on":"2026-02-30"}`, `{"at":"24:00"}`, `{"remind":["1y"]}`} {
		kept := want
		if err := json.Unmarshal([]byte(bad), &kept); err == nil || kept.On != want.On || kept.At != want.At {
			t.Errorf("%s: %v, now %v", bad, err, kept)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-12-10", "2026-02-30", "0000-00-00", "2026-1２-1", "\xff\xff\xff\xff-\xff\xff-\xff\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		theirs, theirErr := time.Parse("2006-01-02", s)
		if theirErr == nil && theirs.Year() == 0 {
			theirErr = fmt.Errorf("year 0")
		}
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%q: %v, package time says %v", s, err, theirErr)
		}
		if err == nil && (d.String() != s || d != dateOf(theirs)) {
			t.Errorf("%q came back as %s", s, d)
		}
	})
}
