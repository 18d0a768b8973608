package scenario

import (
	"errors"
	"strings"
	"testing/synctest"
)

func join(w *world, arg string) error {
	where, who, ok := strings.Cut(arg, " ")
	if !ok {
		return errors.New("want room and nick")
	}
	n, r, err := w.room(where)
	if err == nil {
		n.Join(r, speaker(who))
		synctest.Wait()
	}
	return err
}

func part(w *world, arg string) error {
	where, nick, ok := strings.Cut(arg, " ")
	if !ok {
		return errors.New("want room and nick")
	}
	n, r, err := w.room(where)
	if err == nil {
		n.Part(r, nick)
		synctest.Wait()
	}
	return err
}

func quit(w *world, arg string) error {
	name, nick, ok := strings.Cut(arg, " ")
	if !ok {
		return errors.New("want network and nick")
	}
	n, err := w.network(name)
	if err == nil {
		n.Quit(nick)
	}
	return err
}

func rename(w *world, arg string) error {
	f := strings.Fields(arg)
	if len(f) != 3 {
		return errors.New("want network, old nick and new nick")
	}
	n, err := w.network(f[0])
	if err == nil {
		n.Rename(f[1], f[2])
	}
	return err
}
