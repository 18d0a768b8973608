package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// step makes "v1" of "v0", and so on; records named "gone" end at schema 2.
func step(from int, key string, old []byte) ([]byte, error) {
	if want := fmt.Sprintf("v%d", from); string(old) != want {
		return nil, fmt.Errorf("%s is %q, want %q", key, old, want)
	}
	if key == "a/gone" && from == 2 {
		return nil, nil
	}
	return fmt.Appendf(nil, "v%d", from+1), nil
}

func storeWith(t *testing.T, records map[string]string) *bottest.Store {
	t.Helper()
	s := bottest.NewStore()
	err := s.Update(context.Background(), func(tx bot.Tx) error {
		for k, v := range records {
			if err := tx.Put(k, []byte(v)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Reopen() // counts commits from here
}

func all(t *testing.T, s bot.Store) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := s.View(context.Background(), func(tx bot.ReadTx) error {
		for k, v := range tx.Scan("") {
			got[k] = string(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMigrate(t *testing.T) {
	others := map[string]string{"plugin/glance/ask2/x": "v1", "plugin/nova/ask/x": "v1", "schema/nova/ask": "1"}
	with := func(more map[string]string) map[string]string {
		m := map[string]string{}
		for _, from := range []map[string]string{others, more} {
			for k, v := range from {
				m[k] = v
			}
		}
		return m
	}
	for _, c := range []struct {
		name         string
		before, want map[string]string
		schema       int
		commits      uint64
	}{
		{"first sight", with(nil), with(map[string]string{"schema/glance/ask": "3"}), 3, 1},
		{
			"up to date",
			with(map[string]string{"schema/glance/ask": "3", "plugin/glance/ask/x": "v3"}),
			with(map[string]string{"schema/glance/ask": "3", "plugin/glance/ask/x": "v3"}),
			3, 0,
		},
		{
			"two steps, one record ends on the way",
			with(map[string]string{"schema/glance/ask": "1", "plugin/glance/ask/a/x": "v1", "plugin/glance/ask/a/gone": "v1"}),
			with(map[string]string{"schema/glance/ask": "3", "plugin/glance/ask/a/x": "v3"}),
			3, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := storeWith(t, c.before)
			if err := bot.Migrate(context.Background(), s, "glance", "ask", c.schema, step); err != nil {
				t.Fatalf("Migrate: %v", err)
			}
			if diff := cmp.Diff(c.want, all(t, s)); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if got := s.Commits(); got != c.commits {
				t.Errorf("%d commits, want %d", got, c.commits)
			}
		})
	}
}

func TestMigrateRefuses(t *testing.T) {
	for _, c := range []struct {
		name         string
		team, plugin string
		schema       int
		before       map[string]string
		fn           func(int, string, []byte) ([]byte, error)
		want         []string // parts of the error
	}{
		{
			"records of a newer plugin", "glance", "ask", 2,
			map[string]string{"schema/glance/ask": "3"},
			step,
			[]string{"plugin ask", "team glance", "schema is 3", "up to 2", "newer torchbearer"},
		},
		{
			"a record the step can't read", "glance", "ask", 3,
			map[string]string{"schema/glance/ask": "1", "plugin/glance/ask/a": "v1", "plugin/glance/ask/b": "odd"},
			step,
			[]string{`"plugin/glance/ask/b"`, "schema 1 to 2", `b is "odd"`},
		},
		{"no migration", "glance", "ask", 2, map[string]string{"schema/glance/ask": "1"}, nil, []string{"no migration from schema 1 to 2"}},
		{"a number that is none", "glance", "ask", 2, map[string]string{"schema/glance/ask": "two"}, step, []string{`is "two"`}},
		{"schema 0", "glance", "ask", 0, nil, step, []string{"begin at 1"}},
		{"a team with a slash", "glance/nova", "ask", 1, nil, step, []string{`"glance/nova"`}},
		{"no plugin", "glance", "", 1, nil, step, []string{`""`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := storeWith(t, c.before)
			before := all(t, s)
			err := bot.Migrate(context.Background(), s, c.team, c.plugin, c.schema, c.fn)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if got, want := errors.Is(err, bot.ErrNewerSchema), c.name == "records of a newer plugin"; got != want {
				t.Errorf("errors.Is(%v, ErrNewerSchema) = %v", err, got)
			}
			if diff := cmp.Diff(before, all(t, s)); diff != "" {
				t.Errorf("records changed (-want +got):\n%s", diff)
			}
		})
	}
}

// The same steps on the same records, killed at its commit and run again, end
// where an undisturbed run ends.
func TestMigrateKilled(t *testing.T) {
	s := storeWith(t, map[string]string{"schema/glance/ask": "1", "plugin/glance/ask/x": "v1"})
	s.BeforeCommit = func(int) { s.Crash() }
	if err := bot.Migrate(context.Background(), s, "glance", "ask", 3, step); !errors.Is(err, bottest.ErrCrashed) {
		t.Fatalf("Migrate: %v, want %v", err, bottest.ErrCrashed)
	}
	s = s.Reopen()
	if err := bot.Migrate(context.Background(), s, "glance", "ask", 3, step); err != nil {
		t.Fatalf("Migrate after the restart: %v", err)
	}
	want := map[string]string{"schema/glance/ask": "3", "plugin/glance/ask/x": "v3"}
	if diff := cmp.Diff(want, all(t, s)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
