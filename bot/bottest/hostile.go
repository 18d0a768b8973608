package bottest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"torchbearer/bot/msg"
)

// Hostile are texts that have broken programs or deceived people: for the names,
// subjects and notes of a test.
func Hostile(t testing.TB) []string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	f, err := os.Open(filepath.Join(filepath.Dir(here), "..", "msg", "testdata", "hostile-subjects.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts := []string{"\x1b]never ends", "\x1b[", "", strings.Repeat("long ", 100)}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		columns := strings.SplitN(lines.Text(), "\t", 5)
		if len(columns) < 5 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(columns[4], `"`, `\"`) + `"`)
		if err != nil {
			t.Fatalf("row %s: %v", columns[0], err)
		}
		texts = append(texts, text)
	}
	if len(texts) < 60 {
		t.Fatalf("read %d hostile texts, want all of them", len(texts))
	}
	return texts
}

// Harm says what a line does beyond being read; empty: nothing.
func Harm(line string) string {
	if !utf8.ValidString(line) {
		return fmt.Sprintf("%q is not UTF-8", line)
	}
	for _, r := range strings.ReplaceAll(line, "\n", "") {
		if unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return fmt.Sprintf("%q has the control character %q", line, r)
		}
	}
	return ""
}

// Harmless checks that a message does nothing beyond being read, on a network
// whose lines have so many bytes and everywhere else. What names it when it does.
func Harmless(t testing.TB, what string, m msg.Message, at time.Time, limit int) {
	t.Helper()
	lines := msg.IRC(m, at, limit)
	for _, line := range append(lines, msg.Plain(m, at)) {
		if fault := Harm(line); fault != "" {
			t.Errorf("%s: %s", what, fault)
		}
	}
	for _, line := range lines {
		if len(line) > limit {
			t.Errorf("%s: %q has %d bytes", what, line, len(line))
		}
		if strings.HasPrefix(line, "!") {
			t.Errorf("%s: %q is a command to another bot", what, line)
		}
	}
}
