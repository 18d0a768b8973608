package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing/synctest"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
)

// verbs are the words of a script. Rooms are "network/#room"; a direct message
// and its answer are in "network/nick".
var verbs = map[string]func(*world, string) error{
	"at":         at,                   // at 2026-12-03T14:00Z: goes on until then; before the first start, begins there
	"wait":       wait,                 // wait 30s
	"clock":      clock,                // clock -1h: the machine's clock is set
	"start":      start,                // start: the bot starts
	"revive":     revive,               // revive: the bot starts, if it was killed
	"stop":       stop,                 // stop: the bot is asked to end
	"crash":      crash,                // crash [decide|sending|arrival|ack|before 3|after 3]: kill -9, now or there; on [rich] networks the bot is then told again what it heard in the last 10 s
	"config":     configure,            // config PART: another configuration, at once if the bot runs
	"publish":    publish,              // publish dates.ics PART: the file, which configurations name so, has this text now
	"say":        say,                  // say net/#room alice[@account] text
	"dm":         dm,                   // dm net alice[@account] text
	"join":       join,                 // join net/#room alice[@account]: comes into a room; who speaks there has joined
	"part":       part,                 // part net/#room alice: leaves it; who is in no room is not on the network
	"quit":       quit,                 // quit net alice: leaves the network
	"nick":       rename,               // nick net alice alice_: is called otherwise from now on; on [rich] networks two can have a name
	"react":      reacts(Wall.React),   // [rich] react net/#room alice[@account] ✋ text or /regexp/: to the bot's newest message that reads so
	"unreact":    reacts(Wall.Unreact), // [rich] unreact net/#room alice[@account] ✋ text or /regexp/: takes it back
	"edited":     edited,               // [rich] edited net/#room text or /regexp/: a message there was edited, and reads so now
	"flood":      flood,                // flood net/#room mallory 200 text: so many lines in the next second
	"expect":     expect,               // expect net/#room text or /regexp/; expect none [net/#room]
	"calls":      calls,                // calls zoe: of all who are there, what was expected last highlights zoe; nobody
	"count":      count,                // count net/#* 40 [/regexp/]: so many messages, and no others; or 40-80
	"transcript": transcript,           // transcript net/#room PART: what was said there since, with its time
	"commits":    commits,              // commits 3: at most so many store transactions since the last at or wait
	"down":       onNetwork((*bottest.Network).Down),
	"up":         onNetwork((*bottest.Network).Up),
	"mute":       onRoom((*bottest.Network).Mute),
	"unmute":     onRoom((*bottest.Network).Unmute),
	"kick":       onRoom((*bottest.Network).Kick),
	"rejoin":     onRoom((*bottest.Network).Rejoin),
	"gerrit":     gerrit,   // gerrit review zoe cache Code-Review+2: what happens there, see gerrit.go
	"services":   services, // services net gone|back
	"acks":       acks,     // acks net ok|lost|dropped|10s
}

// instant reads "2026-12-03T14:00Z", with seconds where there are any.
func instant(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04Z07:00", time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", s)
}

func at(w *world, arg string) error {
	arg, _, _ = strings.Cut(arg, " ")
	t, err := instant(arg)
	if err != nil {
		return err
	}
	if !w.began {
		w.began = true
		time.Sleep(time.Until(t))
		return nil
	}
	d := t.Sub(w.now())
	if d < 0 {
		return fmt.Errorf("that was %s ago: it is %s", -d, w.now().Format(time.RFC3339))
	}
	return w.pass(d)
}

func wait(w *world, arg string) error {
	d, err := time.ParseDuration(arg)
	if err != nil {
		return err
	}
	return w.pass(d)
}

// pass lets time pass, and everything happen that is due at its end.
func (w *world) pass(d time.Duration) error {
	synctest.Wait()
	w.mark = w.store.Commits()
	time.Sleep(d)
	synctest.Wait()
	return w.alive()
}

// alive reports a bot that ended without being asked.
func (w *world) alive() error {
	if w.life == nil || w.life.killed.Load() {
		return nil
	}
	select {
	case err := <-w.life.ended:
		w.life.ended <- err
		return fmt.Errorf("the bot ended: %w", err)
	default:
		return nil
	}
}

func clock(w *world, arg string) error {
	d, err := time.ParseDuration(arg)
	w.offset.Add(int64(d))
	return err
}

func start(w *world, _ string) error {
	if w.life != nil {
		if !w.life.killed.Load() {
			return errors.New("the bot runs")
		}
		if err := w.end(); err != nil {
			return err
		}
	}
	if !w.began {
		return errors.New(`a story begins with "at"`)
	}
	return w.start()
}

func revive(w *world, _ string) error {
	synctest.Wait()
	if w.life != nil && !w.life.killed.Load() {
		return w.alive()
	}
	return start(w, "")
}

func stop(w *world, _ string) error {
	if w.life == nil {
		return errors.New("the bot does not run")
	}
	if w.life.killed.Load() {
		return errors.New("the bot was killed")
	}
	before := time.Now()
	if err := w.end(); err != nil {
		return err
	}
	if took := time.Since(before); took > 10*time.Second {
		return fmt.Errorf("the bot took %s to end", took)
	}
	return nil
}

func crash(w *world, arg string) error {
	if arg != "" {
		w.arm(arg)
		return nil
	}
	if w.life == nil || w.life.killed.Load() {
		return errors.New("the bot does not run")
	}
	w.crash()
	synctest.Wait()
	return nil
}

// publish writes a file into the folder that paths of configurations are relative to.
func publish(w *world, rest string) error {
	name, part, _ := strings.Cut(rest, " ")
	text, line := w.archive.part(strings.TrimSpace(part))
	if line == 0 {
		return fmt.Errorf("the archive has no part %q", part)
	}
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%q is no name of a file", name)
	}
	if w.folder == "" {
		folder, err := os.MkdirTemp("", "story-*")
		if err != nil {
			return err
		}
		w.folder = folder
	}
	return os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600)
}

func configure(w *world, arg string) error {
	cfg, err := w.load(arg)
	if err != nil {
		return err
	}
	w.config = arg
	if w.life == nil || w.life.killed.Load() {
		return nil
	}
	synctest.Wait()
	w.mark = w.store.Commits()
	if err := w.life.app.Reload(context.Background(), cfg); err != nil {
		return err
	}
	synctest.Wait()
	return w.alive()
}

// speaker reads "alice" or "alice@account".
func speaker(s string) bottest.Speaker {
	nick, account, _ := strings.Cut(s, "@")
	return bottest.Speaker{Nick: nick, Account: account}
}

func say(w *world, arg string) error {
	where, rest, _ := strings.Cut(arg, " ")
	who, text, _ := strings.Cut(rest, " ")
	n, r, err := w.room(where)
	if err != nil {
		return err
	}
	n.Say(r, speaker(who), unescape(text))
	synctest.Wait()
	return nil
}

// unescape reads \x01 and the like, so that a script can say what nobody types.
func unescape(s string) string {
	if u, err := strconv.Unquote(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`); err == nil {
		return u
	}
	return s
}

func dm(w *world, arg string) error {
	network, rest, _ := strings.Cut(arg, " ")
	who, text, _ := strings.Cut(rest, " ")
	return say(w, network+"/"+speaker(who).Nick+" "+who+" "+text)
}

func flood(w *world, arg string) error {
	f := strings.SplitN(arg, " ", 4)
	if len(f) != 4 {
		return errors.New("want room, nick, number and text")
	}
	n, r, err := w.room(f[0])
	if err != nil {
		return err
	}
	times, err := strconv.Atoi(f[2])
	if err != nil {
		return err
	}
	w.busy.Go(func() {
		for range times {
			n.Say(r, speaker(f[1]), f[3])
			time.Sleep(time.Second / time.Duration(times))
		}
	})
	return nil
}

func commits(w *world, arg string) error {
	most, err := strconv.ParseUint(arg, 10, 64)
	if got := w.store.Commits() - w.mark; err == nil && got > most {
		return fmt.Errorf("got %d store transactions, want at most %d", got, most)
	}
	return err
}

func services(w *world, arg string) error {
	name, state, _ := strings.Cut(arg, " ")
	n, err := w.faulty(name)
	if err == nil {
		n.Services(state == "back")
	}
	return err
}

func acks(w *world, arg string) error {
	name, how, _ := strings.Cut(arg, " ")
	n, err := w.faulty(name)
	if err != nil {
		return err
	}
	n.Slow(0)
	n.Fail(bottest.NoFault)
	switch how {
	case "ok":
	case string(bottest.AckLost), string(bottest.Dropped):
		n.Fail(bottest.Fault(how))
	default:
		d, err := time.ParseDuration(how)
		if err != nil {
			return err
		}
		n.Slow(d)
	}
	return nil
}

func onNetwork(f func(*bottest.Network)) func(*world, string) error {
	return func(w *world, arg string) error {
		n, err := w.faulty(arg)
		if err == nil {
			f(n)
			synctest.Wait()
		}
		return err
	}
}

func onRoom(f func(*bottest.Network, bot.Room)) func(*world, string) error {
	return func(w *world, arg string) error {
		_, r, err := w.room(arg)
		if err != nil {
			return err
		}
		n, err := w.faulty(r.Network)
		if err == nil {
			f(n, r)
			synctest.Wait()
		}
		return err
	}
}
