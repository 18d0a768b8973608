package command_test

import (
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"torchbearer/bot"
	"torchbearer/bot/command"
)

// Whatever is said, at most one answer, and in it nothing but text.
func FuzzIncoming(f *testing.F) {
	for _, text := range []string{
		"!freeze spec", "!freeze@nova", "!take 1 2 3", "!\x00", "!help \xff", "! x", "!é", "!freeze\t!freeze",
		"!ask bob 912345 soon", "!turn https://review.opendev.org/c/a/+/1", "!pass 912345,3 @bob:", "!next me", "!away@nova now",
		"!when R-5 of nova in tokyo?", "!when spec freze at UTC+9", "!freeze next week local", "!list tomorrow berlin time", "!list \u202eavon\u0301 in gotham",
	} {
		f.Add(text, false, false)
		f.Add(text, true, true)
	}
	f.Fuzz(func(t *testing.T, text string, direct, addressed bool) {
		synctest.Test(t, func(t *testing.T) {
			room := sharedRoom
			if direct {
				room.Name = "alice"
			}
			queue := asking()
			queue.h.Default = map[bot.Room]string{sharedRoom: "glance"}
			for _, d := range []*desk{newDesk(command.Limit{}), queue} {
				got := d.hear(bot.Incoming{Room: room, Direct: direct, Addressed: addressed, Text: text})
				harmless(t, text, got)
			}
			got := planning().hear(bot.Incoming{Room: glanceRoom, Addressed: addressed, Text: text})
			harmless(t, text, got)
		})
	})
}

func harmless(t *testing.T, text, got string) {
	if !utf8.ValidString(got) {
		t.Errorf("%q is answered with bytes that are no text: %q", text, got)
	}
	for _, r := range got {
		if r < ' ' || r == 0x7f {
			t.Errorf("%q is answered with a control character: %q", text, got)
		}
	}
	if len(got) > 1000 {
		t.Errorf("%q is answered with %d bytes", text, len(got))
	}
}
