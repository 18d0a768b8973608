package matrix_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot/bottest"
)

// Status names what the bot lacks in a room, and at most three who can grant it.
func TestLacks(t *testing.T) {
	type content = map[string]any
	mute := func(events content, users content) func(w *world) {
		return func(w *world) {
			w.srv.State(w.room, zoe, "m.room.power_levels", "", content{"users": users, "events": events})
		}
	}
	for _, tc := range []struct {
		name  string
		story func(w *world)
		ready bool
		want  []string
	}{
		{"nothing", func(*world) {}, true, nil},
		{"a level, in the hands of one", mute(content{"m.room.message": 10}, content{zoe: 100, eve: 40}), false, []string{
			"power level 10 to speak, the bot has 0: @zoe:test.example can give it",
		}},
		{"a level, in the hands of many", func(w *world) {
			users := content{zoe: 50}
			for i := range 6 {
				user := fmt.Sprintf("@op%d:test.example", i)
				w.srv.Join(w.room, user)
				users[user] = 50 + i
			}
			mute(content{"m.room.message": 10}, users)(w)
		}, false, []string{
			"power level 10 to speak, the bot has 0: @op5:test.example, @op4:test.example, @op3:test.example can give it",
		}},
		{"a level that only others have", mute(content{"m.room.message": 60}, content{zoe: 60, eve: 50}), false, []string{
			"power level 60 to speak, the bot has 0: @zoe:test.example can give it",
		}},
		{"a level that nobody has", mute(content{"m.room.message": 200}, content{zoe: 100}), false, []string{
			"power level 200 to speak, the bot has 0: nobody in the room can give it",
		}},
		{"a level for what is not sent", mute(content{"m.room.encrypted": 10}, content{zoe: 100}), true, nil},
		{"a creator without a level", func(w *world) {
			w.room = w.srv.Upgrade(w.room, zoe, "12")
			time.Sleep(time.Hour)
			mute(content{"m.room.message": 10}, content{})(w)
		}, false, []string{"power level 10 to speak, the bot has 0: @zoe:test.example can give it"}},
		{"encryption", func(w *world) { w.srv.State(w.room, zoe, "m.room.encryption", "", megolm) }, false, []string{
			"encryption: the bot's operators set encryption = true, in a build with -tags goolm",
		}},
		{"encryption and a level", func(w *world) {
			w.srv.State(w.room, zoe, "m.room.encryption", "", megolm)
			mute(content{"m.room.encrypted": 10}, content{zoe: 100})(w)
		}, false, []string{
			"encryption: the bot's operators set encryption = true, in a build with -tags goolm",
			"power level 10 to speak, the bot has 0: @zoe:test.example can give it",
		}},
		{"company", func(w *world) { w.srv.Leave(w.room, zoe) }, true, []string{"somebody to talk to: nobody else is in the room"}},
		{"an invitation", func(w *world) {
			w.srv.State(w.room, zoe, "m.room.join_rules", "", content{"join_rule": "invite"})
			w.srv.State(w.room, zoe, "m.room.member", me, content{"membership": "leave"})
			time.Sleep(11 * time.Minute)
		}, false, []string{"an invitation: anybody in the room who may invite can send it to " + me + ", or, after a ban, lift that first"}},
		{"an invitation, and it has come", func(w *world) {
			w.srv.State(w.room, zoe, "m.room.join_rules", "", content{"join_rule": "invite"})
			w.srv.State(w.room, zoe, "m.room.member", me, content{"membership": "leave"})
			time.Sleep(11 * time.Minute)
			w.srv.Invite(w.room, zoe, me, false)
			time.Sleep(time.Minute)
		}, true, nil},
		{"the server", func(w *world) { w.srv.Stop(); time.Sleep(time.Minute) }, false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inWorld(t, bottest.MatrixOptions{}, func(w *world) {
				w.start()
				w.ready()
				w.srv.Join(w.room, eve)
				if tc.name == "company" {
					w.srv.Leave(w.room, eve)
				}
				tc.story(w)
				synctest.Wait()
				st := w.Status().Rooms[0]
				if diff := cmp.Diff(tc.want, st.Lacks); diff != "" || st.Ready != tc.ready {
					t.Errorf("ready %v, %s (-want +got)\n%s", st.Ready, st.Why, diff)
				}
			})
		})
	}
}
