package scenario

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func expect(w *world, arg string) error {
	w.settle()
	room, want, _ := strings.Cut(arg, " ")
	if room == "none" {
		if left := w.unexpectedIn(strings.Fields(want)); left != "" {
			return fmt.Errorf("got\n%swant nothing", left)
		}
		return nil
	}
	n, r, err := w.room(room)
	if err != nil {
		return err
	}
	seen, ok := n.Take(r)
	if !ok {
		return fmt.Errorf("got nothing\n%s", w.unexpected())
	}
	w.transcr = append(w.transcr, show(seen))
	w.last = seen
	if fault := harm(n.kind, seen); fault != "" {
		return errors.New(fault)
	}
	return matches(seen.Text(), strings.TrimSpace(want))
}

// unexpectedIn lists what was not taken in rooms; in all if none is named.
func (w *world) unexpectedIn(rooms []string) string {
	if len(rooms) == 0 {
		return w.unexpected()
	}
	var b strings.Builder
	for _, n := range w.networks {
		for _, s := range n.Left() {
			for _, r := range rooms {
				if s.Room.String() == r {
					b.WriteString(show(s) + "\n")
				}
			}
		}
	}
	return b.String()
}

// flat is a message in one line, as a Plain network shows it: so a story expects a
// list once, whatever the network.
func flat(text string) string {
	head, items, list := strings.Cut(text, "\n- ")
	if !list {
		return strings.ReplaceAll(text, "\n", " ")
	}
	items = strings.ReplaceAll(items, "\n- ", "; ")
	return strings.ReplaceAll(head+" "+items, "\n", " ")
}

// matches compares a message with a text or a /regexp/.
func matches(got, want string) error {
	got = flat(got)
	if re, ok := strings.CutPrefix(want, "/"); ok && strings.HasSuffix(re, "/") {
		re = strings.TrimSuffix(re, "/")
		if ok, err := regexp.MatchString(re, got); err != nil || !ok {
			return fmt.Errorf("got  %s\nwant %s (%v)", got, want, err)
		}
		return nil
	}
	if got != want {
		return fmt.Errorf("got  %s\nwant %s", got, want)
	}
	return nil
}

func count(w *world, arg string) error {
	w.settle()
	f := strings.SplitN(arg, " ", 3)
	if len(f) < 2 {
		return errors.New("want rooms and a number")
	}
	least, most, err := between(f[1])
	if err != nil {
		return err
	}
	got := 0
	for _, n := range w.networks {
		for _, s := range n.Left() {
			if ok, err := path.Match(f[0], s.Room.String()); err != nil {
				return err
			} else if !ok {
				continue
			}
			got++
			n.Take(s.Room)
			if fault := harm(n.kind, s); fault != "" {
				return errors.New(fault)
			}
			if len(f) == 3 {
				if err := matches(s.Text(), f[2]); err != nil {
					return err
				}
			}
		}
	}
	if got < least || got > most {
		return fmt.Errorf("got %d messages, want %s", got, f[1])
	}
	return nil
}

// between reads "40" or "40-80".
func between(s string) (least, most int, err error) {
	low, high, ok := strings.Cut(s, "-")
	if !ok {
		high = low
	}
	if least, err = strconv.Atoi(low); err != nil {
		return 0, 0, err
	}
	most, err = strconv.Atoi(high)
	return least, most, err
}

func transcript(w *world, arg string) error {
	w.settle()
	room, name, _ := strings.Cut(arg, " ")
	n, r, err := w.room(room)
	if err != nil {
		return err
	}
	want, _ := w.archive.part(name)
	var got strings.Builder
	for seen, ok := n.Take(r); ok; seen, ok = n.Take(r) {
		fmt.Fprintf(&got, "%s %s\n", seen.At.Format(time.RFC3339), seen.Text())
	}
	if got.String() != want {
		return fmt.Errorf("got\n%swant\n%s", got.String(), want)
	}
	return nil
}
