// Package scenario tells stories about the whole bot, in virtual time, on
// networks that behave: a txtar file holds a configuration and a script, and
// every script is played on both kinds of network. A test hands in the plugins:
//
//	func TestStories(t *testing.T) { scenario.Run(t, "testdata/*.txtar", all.Plugins()) }
//
// A story about a freeze:
//
//	-- config.toml --
//	[irc.net]
//	…
//	-- script --
//	at 2026-12-03T13:59Z      # the first time is when the story begins
//	start
//	expect none net/#glance
//	at 2026-12-03T14:00Z
//	expect net/#glance Spec freeze in 7 days: Thu 2026-12-10 23:59 UTC. https://example.org
//	say net/#glance alice !freeze
//	expect net/#glance /in 7 days/
//
// What was said and not expected fails the story at its end. The verbs are those
// of verbs.go; a line that begins with [plain] or [rich] is played on that kind of
// network alone. What stories share is in a file of its own, see Read.
//
// A network of an [irc.…] section is of the kind that is played, with the same
// people: who has the account zoe on the Plain one is @zoe:example.org on the
// Rich one, and who has none is from elsewhere. That of a [matrix.…] section is of
// the Rich kind always.
package scenario

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// Run plays every file that matches the pattern on both kinds of network.
func Run(t *testing.T, pattern string, plugins []bot.Plugin) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		archive, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			Play(t, file, archive, plugins)
		})
	}
}

// On plays every file that matches the pattern on a rig, each on one of its own,
// but those that can't be: what becomes of a network in memory is a script's to
// say, of a real one it is not. Nor does it play what takes longer than the rig's
// Longest.
func On(t *testing.T, rig func() Rig, pattern string, plugins []bot.Plugin) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario matches %s (%v)", pattern, err)
	}
	for _, file := range files {
		archive, err := Read(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := rig()
				if why := archive.unfit(r); why != "" {
					r.End()
					t.Skip(why)
				}
				if err := play(file, r.Kind, &r, archive, plugins); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// unfit says why a story is not played on a rig, or "".
func (a *Archive) unfit(r Rig) string {
	for line := range strings.Lines(a.script()) {
		if line, mine := r.line(line); mine && unreal.MatchString(line) {
			return "networks in memory alone do what it says: " + line
		}
	}
	if took := a.lasts(); took > r.Longest {
		return "it takes " + took.String()
	}
	return ""
}

// unreal are faults of networks, and what counts transactions.
var unreal = regexp.MustCompile(`^(down|up|mute|unmute|kick|rejoin|services|acks|commits|crash (before|after|arrival))\b`)

// lasts is how long a story takes from the bot's first start to the last instant
// that it names.
func (a *Archive) lasts() (d time.Duration) {
	var first, now time.Time
	for line := range strings.Lines(a.script()) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "at":
			instantText, _, _ := strings.Cut(rest, " ")
			now, _ = instant(instantText)
			if !first.IsZero() {
				d = now.Sub(first)
			}
		case word == "start" && first.IsZero():
			first = now
		}
	}
	return d
}

// Play plays one story on both kinds of network. Its errors name file.
func Play(t *testing.T, file string, archive *Archive, plugins []bot.Plugin) {
	t.Helper()
	for _, kind := range []bottest.Kind{bottest.Plain, bottest.Rich} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := play(file, kind, nil, archive, plugins); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Try plays one story on one kind of network and returns what did not hold: for
// stories that a test makes up.
func Try(t *testing.T, kind bottest.Kind, archive *Archive, plugins []bot.Plugin) (err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) { err = play("story", kind, nil, archive, plugins) })
	return err
}

// play runs the script to its end or to the first line that does not hold.
func play(file string, kind bottest.Kind, rig *Rig, archive *Archive, plugins []bot.Plugin) error {
	w, err := newWorld(kind, rig, archive, plugins)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	defer w.close()
	line := 0
	for _, part := range archive.parts {
		if part.name != "script" {
			continue
		}
		line = part.line
		for text := range strings.Lines(part.text) {
			if err := w.line(text); err != nil {
				return fmt.Errorf("%s:%d: %s\n%w\n%s", cmp.Or(part.file, file), line, strings.TrimSpace(text), err, w.story())
			}
			line++
		}
	}
	if left := w.unexpected(); left != "" {
		return fmt.Errorf("%s:%d: the story is over, and nobody expected\n%s%s", file, line, left, w.story())
	}
	return nil
}

// line takes the tag off a line of a script, and reports whether it is played on
// the rig.
func (r Rig) line(text string) (line string, mine bool) {
	text = strings.TrimSpace(text)
	tag, rest, ok := strings.Cut(strings.TrimPrefix(text, "["), "] ")
	if !ok || !strings.HasPrefix(text, "[") {
		return text, text != "" && text[0] != '#'
	}
	return strings.TrimSpace(rest), tag == string(r.Kind) || tag == r.Name
}

// line plays one line of a script.
func (w *world) line(text string) error {
	text, mine := w.rig.line(text)
	if !mine {
		return nil
	}
	word, rest, _ := strings.Cut(text, " ")
	verb, ok := verbs[word]
	if !ok {
		return fmt.Errorf("unknown verb %q", word)
	}
	return verb(w, w.numbers(strings.TrimSpace(rest)))
}
