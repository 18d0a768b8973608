package matrix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"torchbearer/bot/bottest"
)

// A bot that was never there logs in, joins by alias, hears and answers.
func TestFirstDay(t *testing.T) {
	inWorld(t, bottest.MatrixOptions{}, func(w *world) {
		w.srv.Say(w.room, zoe, "!freeze before anybody was there")
		w.start()
		w.ready()
		w.srv.Say(w.room, zoe, "!freeze")
		w.want("heard", w.take(), []string{"!freeze"})
		w.want("said", w.said(w.room), []string{"re: !freeze"})
		if err := w.deliver("1", "Spec freeze in 7 days."); err != nil {
			t.Fatal(err)
		}
		w.want("said", w.said(w.room), []string{"re: !freeze", "Spec freeze in 7 days."})
		time.Sleep(time.Hour)
		synctest.Wait()
		w.want("joins", w.asked("join/"), 1)
	})
}
