package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/command"
	"torchbearer/bot/review"
)

// One change, however it is written, and whoever comes first.
func TestAskInEverySpelling(t *testing.T) {
	const asked = "glance/queue: ask core=bob change=cache"
	for _, tc := range []struct{ text, want string }{
		{"!ask bob 912345", asked},
		{"!ask bob https://review.opendev.org/c/openstack/glance/+/912345/3?tab=checks", asked},
		{"!ask bob " + aloneID, asked},
		{"!ask 912345 bob", asked},
		{"!ask https://review.opendev.org/912345 bob", asked},
		{"!ask " + aloneID + " bob", asked},
		{"!ask bob: <912345,3>.", asked},
		{"!ask @Bob\t#912345", asked},
		{"!ask bob 912345   before the  freeze, please ", asked + " note=before the freeze, please"},
		{"!ask 912345 bob 912346 too", asked + " note=912346 too"},
		{"!pass 912345 bob", "glance/queue: pass change=cache person=bob"},
		{"!pass bob 912345", "glance/queue: pass change=cache person=bob"},
		{"!pass 912345", "glance/queue: pass change=cache"},

		{"!ask", "A core is missing: !ask <core> <change> [note]."},
		{"!ask bob", "A change is missing: !ask <core> <change> [note]."},
		{"!ask 912345", "A core is missing: !ask <core> <change> [note]."},
		{"!ask https://gerrit.example.org/1", "A core is missing: !ask <core> <change> [note]."},
		{"!pass", "A change is missing: !pass <change> [person]."},
		{"!pass 912345 bob soon", `I don't understand "soon": !pass <change> [person]`},
		{"!ask bob please 912345", `"please" is no change. Give its number, its address or its Change-Id. !ask <core> <change> [note]`},
		{"!ask 912345 912346", `I know nobody called "912345" in #glance of glance.`},
		{"!ask 912345 alice", `I know nobody called "alice" in #glance of glance.`},
		{"!ask : 912345", `I know nobody called ":".`},
		{"!ask bob https://gerrit.wikimedia.org/r/c/1", `Glance's changes are on https://review.opendev.org, not on "gerrit.wikimedia.org".`},
		{"!ask https://gerrit.wikimedia.org/r/c/1 bob", `Glance's changes are on https://review.opendev.org, not on "gerrit.wikimedia.org".`},
		{"!turn 1", "I know no change 1."},
		{"!turn " + lostID, "I know no change " + lostID + "."},
		{"!turn " + pickedID, `Which one? 912346 ("master", merged) or 912347 ("stable/2026.1")`},
		{"!turn@nova 912345", "There is no review server for this team in my configuration."},
		{"!help ask", "Usage: !ask <core> <change> [note]: says ask. For anyone. <core> and <change> in either order. Example: !ask twice"},
	} {
		synctest.Test(t, func(t *testing.T) {
			if got := asking().hear(bot.Incoming{Room: glanceRoom, Text: tc.text}); got != tc.want {
				t.Errorf("%s: got  %s\nwant %s", tc.text, got, tc.want)
			}
		})
	}
}

// A Change-Id that was picked far and wide is no page of text.
func TestPickedToManyBranches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := asking()
		d.changes = nil
		for n := range 8 {
			d.changes = append(d.changes, review.Change{Number: n + 1, ID: aloneID, Project: fmt.Sprint("p", n/7), Branch: "b\x02\"" + strings.Repeat("x", n*20)})
		}
		got := d.hear(bot.Incoming{Room: glanceRoom, Text: "!turn " + aloneID})
		if !strings.HasPrefix(got, `Which one? 1 ("p0", "b'") or 2 (`) || !strings.HasSuffix(got, " or 3 more") || len(got) > 400 {
			t.Errorf("got %s", got)
		}
	})
}

// What the mirror lacks, or an ask depends on, is read from its server first.
func TestFresh(t *testing.T) {
	abandoned := func(d *desk) error {
		d.changes[0].Subject = "cache, abandoned"
		return nil
	}
	appears := func(d *desk) error {
		d.changes = append(d.changes, review.Change{Number: 7, ID: lostID, Subject: "brand new"})
		return nil
	}
	fails := func(err error) func(*desk) error { return func(*desk) error { return err } }
	for _, tc := range []struct {
		name, text string
		does       func(*desk) error // nil: the server is not asked
		read       string            // what is to be read
		want       string
	}{
		{"a change that moved", "!ask bob 912345", abandoned, "glance 912345 true", "glance/queue: ask core=bob change=cache, abandoned"},
		{"by Change-Id, swapped", "!ask " + aloneID + " bob", abandoned, "glance " + aloneID + " true", "glance/queue: ask core=bob change=cache, abandoned"},
		{"a command that needs it no newer", "!turn 912345", fails(nil), "glance 912345 false", "glance/queue: turn change=cache"},
		{"a new one", "!turn 7", appears, "glance 7 false", "glance/queue: turn change=brand new"},
		{"a server that surprises its reader", "!ask bob 912345", func(*desk) error { panic("an answer that nobody foresaw") }, "glance 912345 true", "glance/queue: ask core=bob change=cache"},
		{"one that is gone", "!ask bob 912345", func(d *desk) error { d.changes = nil; return nil }, "glance 912345 true", "I know no change 912345."},
		{"one that never was", "!turn 8", fails(nil), "glance 8 false", "I know no change 8."},
		{"a server that is down, a change that is known", "!ask bob 912345", fails(errors.New("502 Bad Gateway")), "glance 912345 true", "glance/queue: ask core=bob change=cache"},
		{"a server that is down, a change that is not", "!turn 8", fails(errors.New("502 Bad Gateway")), "glance 8 false", "Gerrit can't be read now, and I don't know 8 yet."},
		{"another team's", "!turn 8", fails(fmt.Errorf("read: %w", &command.Elsewhere{Number: 8, Project: "openstack/nova"})), "glance 8 false", `8 is in none of Glance's projects: openstack/glance, openstack/glance-specs.`},
		{"a reason for people", "!turn 8", fails(bot.Userf("Not today.")), "glance 8 false", "Not today."},

		{"a command that lacks a word", "!ask 912345", nil, "", "A core is missing: !ask <core> <change> [note]."},
		{"a word too many", "!turn 912345 now", nil, "", `I don't understand "now": !turn <change>`},
		{"another server's", "!turn https://gerrit.example.org/1", nil, "", `Glance's changes are on https://review.opendev.org, not on "gerrit.example.org".`},
		{"somebody who may not", "!push 912345", nil, "", "I take !push only from people I know, and the network does not say who you are: log in to your account there first."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := asking()
				read := ""
				d.h.Fresh = func(_ context.Context, team string, r command.Ref, again bool) error {
					read = fmt.Sprint(team, " ", r, " ", again)
					if tc.does == nil {
						return nil
					}
					return tc.does(d)
				}
				if got := d.hear(bot.Incoming{Room: glanceRoom, Text: tc.text}); got != tc.want || read != tc.read {
					t.Errorf("%s: got  %s\nwant %s\nread %q, want %q", tc.text, got, tc.want, read, tc.read)
				}
			})
		})
	}
}

// A server that hangs holds one command for three seconds, and no other.
func TestFreshHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := asking()
		var log bytes.Buffer
		d.h.Log = slog.New(slog.NewTextHandler(&log, nil))
		d.h.Fresh = func(ctx context.Context, _ string, _ command.Ref, _ bool) error {
			<-ctx.Done()
			return fmt.Errorf("get change: %w", ctx.Err())
		}
		began := time.Now()
		for _, step := range []struct{ text, want string }{
			{"!ask bob 912345", ""},
			{"!turn 8", ""},
			{"!next bob", "glance/queue: next person=bob"},
			{"!status", "fine"},
		} {
			if got := d.hear(bot.Incoming{Room: glanceRoom, Text: step.text}); got != step.want {
				t.Errorf("%s: got %q, want %q", step.text, got, step.want)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("other commands waited %v", waited)
		}
		if err := d.h.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited < 3*time.Second || waited > 4*time.Second {
			t.Errorf("waited %v for the server, want 3s", waited)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, want := range []string{"glance/queue: ask core=bob change=cache", "Gerrit does not answer, and I don't know 8 yet."} {
			if !strings.Contains(strings.Join(d.said, " | "), want) {
				t.Errorf("said %q, want %q in it", d.said, want)
			}
		}
		if n := strings.Count(log.String(), "can't read a change again"); n != 2 {
			t.Errorf("%d lines in the log, want 2:\n%s", n, log.String())
		}
	})
}

func TestExample(t *testing.T) {
	ask := bot.Command{Name: "ask", Aliases: []string{"poke"}, AnyOrder: true, Args: []bot.Arg{
		{Name: "core", Kind: bot.ArgPerson}, {Name: "change", Kind: bot.ArgChange}, {Name: "note", Kind: bot.ArgWord, Optional: true},
	}}
	for _, tc := range []struct {
		command       bot.Command
		example, want string
	}{
		{ask, "!ask bob 912345", ""},
		{ask, "!poke 912345 bob now", ""},
		{ask, "!ask https://review.opendev.org/c/openstack/glance/+/912345 bob", ""},
		{ask, "ask bob 912345", "ask bob 912345 is not how !ask is said"},
		{ask, "!asks bob 912345", "!asks bob 912345 is not how !ask is said"},
		{ask, "!ask bob", "!ask bob lacks the change of !ask <core> <change> [note]"},
		{ask, "!ask bob 912345 a b", "!ask bob 912345 a b says more than !ask <core> <change> [note]"},
		{ask, "!ask bob carol", `!ask bob carol has "carol" for a change`},
		{bot.Command{Name: "status"}, "!status now", "!status now says more than !status"},
	} {
		got := ""
		if err := command.Example(tc.command, tc.example); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.example, got, tc.want)
		}
	}
}
