package mirror_test

import (
	"testing"
	"time"

	"torchbearer/bot/mirror"
)

// A project that is taken out of the configuration is forgotten: nobody would ask
// every night what became of its changes, one by one. Put back, it is read anew.
func TestProjectIsTakenOut(t *testing.T) {
	w := newWorld(t)
	w.full(t, uploaded(1, glance, start.Add(-day)), uploaded(2, nova, start.Add(-day)))
	mark := string(w.m.Mark(opendev))

	w.reads = []string{glance, specs}
	w.restart(t)
	same(t, "open", w.m.Open(opendev), []int{1})
	same(t, "found", w.m.Find(opendev, "2"), []int(nil))
	same(t, "mark", string(w.m.Mark(opendev)), mark)
	same(t, "log", w.log.String(), "")

	w.now = start.Add(time.Hour)
	w.take(t, mirror.Reading{Mark: []byte("2")})
	same(t, "keys", w.keys(), []string{"mirror/opendev/change/1", "mirror/opendev/mark"})

	w.reads = append(w.reads, nova)
	w.restart(t)
	told := w.full(t, uploaded(1, glance, start.Add(-day)), uploaded(2, nova, start.Add(-day)))
	same(t, "told", told, []string(nil))
	same(t, "open", w.m.Open(opendev), []int{1, 2})
}
