package matrix_test

import (
	"strings"
	"testing"
)

// "check -connect" says of every room what the bot lacks there and who can grant
// it, and of encryption whether others trust the bot.
func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	maria := w.person("maria")
	w.room("glance", nil)
	quiet := map[string]any{"power_level_content_override": map[string]any{"events_default": 50}}
	w.room("quiet", quiet)
	w.room("sealed", encryption())
	w.room("private", map[string]any{"preset": "private_chat"})
	steps := []struct {
		name    string
		prepare func()
		want    []string
		code    int
	}{
		{"not encrypting", func() {}, []string{
			"ok      main: connected, ",
			"ok      main: " + w.alias("glance") + " joined",
			"missing main: " + w.alias("quiet") + ": power level 50 to speak, the bot has 0: " + maria.ID + " can give it",
			"missing main: " + w.alias("sealed") + ": encryption: ",
			"missing main: " + w.alias("private") + ": an invitation: ",
		}, 1},
		{"not logged in", func() { w.encrypted = true }, []string{"missing main: not connected (", "torchbearer login"}, 1},
		{"logged in", func() { w.encrypt() }, []string{
			"ok      main: encryption: cross-signed", "ok      main: " + w.alias("sealed") + " joined",
		}, 1},
		{"all granted", func() {
			w.grant(w.room("granted", quiet), 50)
			w.rooms = []string{w.alias("glance"), w.alias("granted"), w.alias("sealed")}
		}, []string{"ok      main: " + w.alias("granted") + " joined"}, 0},
	}
	for _, s := range steps {
		s.prepare()
		w.write()
		got := call(t, "check", "-config", w.path(), "-connect")
		if got.code != s.code {
			t.Errorf("%s: exit status %d, want %d\n%s%s", s.name, got.code, s.code, got.stdout, got.stderr)
		}
		for _, want := range s.want {
			if !strings.Contains(got.stdout+got.stderr, want) {
				t.Errorf("%s: no %q in\n%s%s", s.name, want, got.stdout, got.stderr)
			}
		}
	}
	// A running bot has its keys in use, and is asked instead.
	w.start().ready()
	got := call(t, "check", "-config", w.path(), "-connect")
	if got.code != 0 || !strings.Contains(got.stdout, "ok      main: "+w.alias("sealed")+" joined") {
		t.Errorf("beside a running bot: exit status %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// grant gives the bot a power level in a room of Maria's.
func (w *world) grant(room string, level int) {
	w.Helper()
	maria := w.person("maria")
	levels := maria.Call("GET", "/_matrix/client/v3/rooms/"+room+"/state/m.room.power_levels", nil)
	users, _ := levels["users"].(map[string]any)
	if users == nil {
		users = map[string]any{}
	}
	users[w.bot.ID] = level
	levels["users"] = users
	maria.State(room, "m.room.power_levels", "", levels)
}
