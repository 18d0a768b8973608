package matrix_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"torchbearer/e2e/synapsed"
)

// A homeserver that is not there when the bot starts, and that goes away later
// while a step falls due and somebody asks: the bot comes by itself, says the step
// once, and answers.
func TestServerAway(t *testing.T) {
	t.Parallel()
	srv := synapsed.Start(t)
	w := newWorld(t, srv)
	room := w.room("glance", nil, "zoe")
	zoe := w.person("zoe")
	w.write() // makes everybody before the server goes
	srv.Down()
	w.events = []event{{name: "Spec freeze", at: soon(18 * 24 * time.Hour)}}
	b := w.start()
	b.until("the bot runs", within, func() bool { return b.status().text != "" && len(b.status().Networks) == 1 })
	if s := b.status(); s.Healthy || s.Networks[0].Detail == "" {
		t.Errorf("without a server: %s", s.text)
	}
	srv.Up()
	b.ready()
	w.ask(zoe, room, "!freeze")

	due := soon(30 * time.Second)
	w.events = append(w.events, event{kind: "docs", name: "Docs day", at: due.Add(599 * time.Second), remind: []string{"599s", "0s"}})
	b.reload()
	b.planned("the step", due)
	srv.Down()
	if !time.Now().Before(due) {
		t.Fatal("too slow: the step was due before the server was down")
	}
	time.Sleep(time.Until(due.Add(time.Second)))
	b.until("the bot notices", within, func() bool { return !b.status().Healthy })
	srv.Up()
	asked := zoe.Say(room, "!when spec-freeze")
	w.hears(zoe, room, `^Docs day in [89] min: `)
	w.expect(zoe, room, "an answer", func(e synapsed.Event) bool { return e.ReplyTo() == asked })
	b.until("nothing waits", within, b.idle)
	if n := w.times(zoe, room, `^Docs day in `); n != 1 {
		t.Errorf("said %d times", n)
	}
	b.terminate()
}

// More than the server takes at once: the bot is started anew and believes that it
// may say nine things, when its account has used up what the server allows. The
// server's word is heeded, everything arrives once, and answers go before
// announcements.
func TestStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shared(t))
	p := w.between()
	var rooms []string
	for i := range 8 {
		rooms = append(rooms, w.room(fmt.Sprint("room", i), nil))
	}
	maria := w.person("maria")
	b := w.start().ready()
	b.terminate()
	b = w.start().ready()
	aside := w.bot.CreateRoom(map[string]any{"preset": "private_chat"})
	b.plan("Docs day")
	for i := 0; ; i++ {
		path := fmt.Sprintf("/_matrix/client/v3/rooms/%s/send/m.room.message/%d", aside, i)
		if _, err := w.bot.Try("PUT", path, map[string]any{"msgtype": "m.text", "body": "one less"}); err != nil {
			break
		}
	}
	b.until("the server refuses", within, func() bool { return p.limits() > 0 })
	var asked []string
	for range 4 {
		asked = append(asked, maria.Say(rooms[0], "!freeze"))
	}
	const calm = 3 * time.Minute
	var news, answers []time.Time
	for _, room := range rooms {
		e := w.expectWithin(calm, maria, room, "the step", func(e synapsed.Event) bool { return e.ReplyTo() == "" })
		news = append(news, e.At)
	}
	for _, id := range asked {
		e := w.expectWithin(calm, maria, rooms[0], "an answer", func(e synapsed.Event) bool { return e.ReplyTo() == id })
		answers = append(answers, e.At)
	}
	b.until("nothing waits", within, b.idle)
	for _, room := range rooms {
		if n := w.times(maria, room, `^Docs day is here`); n != 1 {
			t.Errorf("%s: said %d times", room, n)
		}
	}
	for _, id := range asked {
		if got := w.answers(maria, rooms[0], id); len(got) != 1 {
			t.Errorf("answered %q", got)
		}
	}
	// Of four answers in a row, one announcement may have been among them.
	slices.SortFunc(answers, time.Time.Compare)
	between, later := 0, 0
	for _, at := range news {
		if at.After(answers[0]) && at.Before(answers[3]) {
			between++
		}
		if at.After(answers[3]) {
			later++
		}
	}
	t.Logf("the server refused %d times; %d announcements came between the answers, %d after them", p.limits(), between, later)
	if between > 1 || later == 0 {
		t.Errorf("answers at %v, announcements at %v", answers, news)
	}
}
