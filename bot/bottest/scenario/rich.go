package scenario

import (
	"errors"
	"fmt"
	"strings"
	"testing/synctest"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// reacts is the verbs of reactions: room, who, sign, and how the message reads.
func reacts(do func(Wall, bot.Room, bottest.Speaker, bot.Sign, func(bottest.Seen) bool) error) func(*world, string) error {
	return func(w *world, arg string) error {
		f := strings.SplitN(arg, " ", 4)
		if len(f) != 4 {
			return errors.New("want room, nick, sign and what the message reads")
		}
		n, r, err := w.room(f[0])
		if err != nil {
			return err
		}
		w.settle()
		err = do(n, r, speaker(f[1]), bot.Sign(f[2]), func(s bottest.Seen) bool { return matches(s.Text(), f[3]) == nil })
		synctest.Wait()
		return err
	}
}

// edited expects that a message of the bot's was edited and reads so now. An edit
// that nobody expects fails no story: it notifies nobody.
func edited(w *world, arg string) error {
	w.settle()
	room, want, _ := strings.Cut(arg, " ")
	n, r, err := w.room(room)
	if err != nil {
		return err
	}
	var got strings.Builder
	for _, s := range n.Reads(r, true) {
		if fault := harm(n.kind, s); fault != "" {
			return errors.New(fault)
		}
		if matches(s.Text(), strings.TrimSpace(want)) == nil {
			return nil
		}
		got.WriteString(show(s) + "\n")
	}
	if got.Len() == 0 {
		return errors.New("nothing was edited")
	}
	return fmt.Errorf("edited messages read\n%swant %s", got.String(), want)
}
