//go:build goolm

package matrix

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
)

// In a room that is truly encrypted, others can read an edit, servers see what it
// replaces, and a reaction to it is understood by a bot that was killed right after
// it said it.
func TestTrulyEncryptedEditAndReactions(t *testing.T) {
	onStage(t, bottest.MatrixOptions{}, func(s *stage) {
		b, zoe := s.enter(botID), s.enter(zoeID)
		b.says("7 days")
		said := s.srv.Events(s.room, "m.room.encrypted")[0].ID
		if err := b.Edit(b.Context(), "edit-1", botID+"-1", secretRoom, []byte(`{"msgtype":"m.text","body":"6 days"}`)); err != nil {
			t.Fatalf("%v\n%s", err, b.logged())
		}
		edit := s.srv.Events(s.room, "m.room.encrypted")[1]
		relation := map[string]any{"rel_type": "m.replace", "event_id": said}
		if diff := cmp.Diff(relation, edit.Map()["m.relates_to"]); diff != "" {
			t.Errorf("relation in clear (-want +got)\n%s", diff)
		}
		zoe.wantReads("7 days", "* 6 days")
		b.kill()
		b.start()
		b.ready()
		s.srv.React(s.room, zoeID, said, "✋")
		s.srv.React(s.room, zoeID, edit.ID, "❎")
		synctest.Wait()
		var got []string
		for _, in := range b.heard {
			if in.React != nil {
				got = append(got, fmt.Sprint(in.From.User, " ", in.React.Sign, " ", in.React.Of))
			}
		}
		want := []string{zoeID + " ✋ " + botID + "-1", zoeID + " ❎ " + botID + "-1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s\n%s", diff, b.logged())
		}
	})
}
