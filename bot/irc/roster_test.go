package irc_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/irc"
	"torchbearer/bot/msg"
)

// whox is a modern network that names accounts in WHO, and bots.
func whox() bottest.IRCOptions {
	o := modern()
	o.ISupport = []string{"CASEMAPPING=rfc1459", "CHANTYPES=#", "NICKLEN=30", "PREFIX=(qov)~@+", "WHOX", "BOT=B"}
	return o
}

// Who is in the room when the bot comes, who comes, goes and is called otherwise
// afterwards: with their accounts where the network names them, and without where
// it doesn't, as on OFTC.
func TestMembers(t *testing.T) {
	for name, tt := range map[string]struct {
		o    bottest.IRCOptions
		want func(string) string // what the network shows of "maria=mm"
	}{
		"accounts": {whox(), func(s string) string { return s }},
		"none": {oftc(), func(s string) string {
			return strings.NewReplacer("=mm(account)", "", "=zz(account)", "", " bot", "").Replace(s)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, tt.o, nil, func(w *world) {
				w.stop()
				w.srv.User("maria").Account = "mm"
				w.srv.User("meet").Bot = true
				w.srv.Join("#glance", "maria", "meet", "nina", "Zoe")
				w.run()
				w.sleep(20 * time.Second) // WHO waits for a moment of rest
				step := func(what string, do func(), want string) {
					t.Helper()
					do()
					w.wantMembers(what, tt.want(want))
				}
				const before = "Zoe, maria=mm(account), meet bot, nina"
				step("at first", func() {}, before)
				if got := w.sights(); len(got) > 0 {
					t.Errorf("the list of names is nobody's coming: seen %q", got)
				}
				step("one comes", func() { w.srv.User("bob").Account = "zz"; w.srv.Join("#glance", "bob") }, "Zoe, bob=zz(account), maria=mm(account), meet bot, nina")
				step("one leaves", func() { w.srv.Part("#glance", "bob") }, before)
				step("one is kicked", func() { w.srv.Event("maria", "KICK #GLANCE nina :away"); w.srv.Part("#glance", "nina") }, "Zoe, maria=mm(account), meet bot")
				step("one logs in", func() { w.srv.Login("zoe", "zz") }, "Zoe=zz(account), maria=mm(account), meet bot")
				step("and out", func() { w.srv.Login("zoe", "") }, "Zoe, maria=mm(account), meet bot")
				step("one is called otherwise", func() { w.srv.Rename("maria", "maria_") }, "Zoe, maria_, meet bot")
				step("in other letters", func() { w.srv.Rename("maria_", "MARIA_") }, "MARIA_, Zoe, meet bot")
				step("one has gone", func() { w.srv.Quit("zoe") }, "MARIA_, meet bot")
				step("another room", func() { w.srv.Raw(":x!u@h JOIN #other"); w.srv.Raw(":x!u@h JOIN #other * :x") }, "MARIA_, meet bot")
				if diff := cmp.Diff([]string{"#glance " + tt.want("bob=zz(account)")}, w.sights()); diff != "" {
					t.Errorf("seen (-want +got):\n%s", diff)
				}
				for _, r := range []bot.Room{{Network: "other", Name: "#glance"}, {Network: "net", Name: "#other"}, {Network: "net", Name: "MARIA_"}} {
					if got := w.irc.Members(r); len(got) > 0 {
						t.Errorf("%s: %v", r, got)
					}
				}
				step("thrown out", func() { w.srv.Kick("#glance", "maria_", "") }, "")
				w.srv.Part("#glance", "meet")
				w.sleep(2 * time.Minute)
				step("back", func() {}, "MARIA_=mm(account)")
				step("disconnected", w.srv.Drop, "")
				w.sleep(2 * time.Minute)
				step("connected", func() {}, "MARIA_=mm(account)")
			})
		})
	}
}

// An account is believed only as long as nothing has happened to the nick, and the
// network would tell (T11).
func TestAccountIsVoid(t *testing.T) {
	for _, tt := range []struct{ name, line, want string }{
		{"nothing", "PING :x", "maria=mm(account)"},
		{"logged out", ":maria!u@maria.example ACCOUNT *", "maria"},
		{"another account", ":maria!u@maria.example ACCOUNT other", "maria=other(account)"},
		{"another nick", ":maria!u@maria.example NICK zoe", "zoe"},
		{"gone, somebody else there", ":maria!u@maria.example QUIT :bye\r\n:maria!u@h JOIN #glance * :x", "maria"},
		{"gone unseen, somebody else there", ":maria!u@elsewhere JOIN #glance * :x", "maria"},
		{"somebody else takes the nick", ":zoe!u@h JOIN #glance zz :x\r\n:zoe!u@h NICK maria", "maria"},
		{"speaks without", ":maria!u@maria.example PRIVMSG #glance :hello", "maria"},
		{"speaks from elsewhere", ":maria!u@elsewhere PRIVMSG #glance :hello", "maria"},
		{"speaks as another", "@account=other :maria!u@maria.example PRIVMSG glancebot :hello", "maria=other(account)"},
		{"another host, as the network says", ":maria!u@maria.example CHGHOST u cloak\r\n:s 352 glancebot #glance u cloak s maria H :0 x", "maria=mm(account)"},
		{"WHO says none", ":s 354 glancebot 7 #glance u maria.example maria H 0", "maria"},
		{"WHO of somebody else's asking", ":s 354 glancebot 8 #glance u maria.example maria H 0", "maria=mm(account)"},
		{"WHO about another room", ":s 354 glancebot 7 #other u maria.example maria H 0", "maria=mm(account)"},
		{"WHO finds another", ":s 352 glancebot #glance u elsewhere s maria H :0 x", "maria"},
		{"the network no longer tells", ":s CAP glancebot DEL :account-notify", "maria"},
		{"history", ":s BATCH +h chathistory #glance\r\n@batch=h :maria!u@maria.example QUIT :bye\r\n:s BATCH -h", "maria=mm(account)"},
	} {
		inWorld(t, whox(), nil, func(w *world) {
			w.srv.User("maria").Account = "mm"
			w.srv.Join("#glance", "maria")
			w.wantMembers(tt.name+", before", "maria=mm(account)")
			w.srv.Bytes(tt.line + "\r\n")
			w.wantMembers(tt.name, tt.want)
		})
	}
	// Without account-notify nobody would tell, so nothing is believed.
	o := whox()
	o.Caps = []string{"extended-join", "account-tag"}
	inWorld(t, o, nil, func(w *world) {
		w.srv.User("maria").Account = "mm"
		w.srv.Join("#glance", "maria")
		w.srv.Say("maria", "#glance", "hello")
		if got := w.last().From; got.Account != "mm" {
			t.Errorf("the message itself names its account: %+v", got)
		}
		w.wantMembers("without account-notify", "maria")
	})
	// Nobody tells of logging out while there is no room in common.
	o.Caps = []string{"account-notify"}
	inWorld(t, o, unpaced, func(w *world) {
		w.stop()
		w.srv.User("maria").Account = "mm"
		w.srv.Join("#glance", "maria")
		w.run()
		w.wantMembers("known by WHO", "maria=mm(account)")
		w.srv.Part("#glance", "maria")
		w.srv.Join("#glance", "maria")
		w.wantMembers("back", "maria")
	})
	// The third word of a JOIN is an account only where that was agreed on.
	inWorld(t, bottest.IRCOptions{Caps: []string{"account-notify"}}, nil, func(w *world) {
		w.srv.Raw(":maria!u@h JOIN #glance mm :x")
		w.wantMembers("JOIN with words that nobody asked for", "maria")
	})
}

// Who speaks in a room is seen there first, also by what is not handed on.
func TestSeen(t *testing.T) {
	inWorld(t, modern(), nil, func(w *world) {
		w.srv.User("maria").Account = "mm"
		w.srv.User("meet").Bot = true
		w.srv.Say("maria", "#Glance", "hello")
		w.srv.Say("maria", "#glance", "\x01ACTION waves\x01")
		w.srv.Say("maria", "#glance", "\x02\x02")
		w.srv.Say("meet", "#glance", "hello")
		w.srv.Say("maria", "glancebot", "hello")
		w.srv.Say("maria", "#other", "hello")
		w.srv.Say("maria", "@#glance", "hello")
		w.srv.Raw("@time=1999-12-31T00:00:00.000Z :zoe!u@h PRIVMSG #glance :long ago")
		w.srv.Raw(":glancebot!u@h PRIVMSG #glance :an echo")
		w.srv.Raw(":a,b!u@h PRIVMSG #glance :nobody's name")
		maria := "#glance maria=mm(account)"
		if diff := cmp.Diff([]string{maria, maria, maria, "#glance meet bot"}, w.sights()); diff != "" {
			t.Errorf("seen (-want +got):\n%s", diff)
		}
		var heard []string
		for _, in := range w.take() {
			heard = append(heard, in.Room.Name+" "+in.Text)
		}
		if diff := cmp.Diff([]string{"#glance hello", "#glance hello", "maria hello", "#glance nobody's name"}, heard); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
		w.wantMembers("who speaks without having come", "")
	})
}

// Whoever waits for somebody looks again when the room is known.
// What the bot says of somebody who is there does not call them, in a room and in
// an answer; whom it speaks to is called.
func TestSpokenOf(t *testing.T) {
	inWorld(t, modern(), nil, func(w *world) {
		w.srv.Join("#glance", "Zoe")
		w.sleep(20 * time.Second)
		m := msg.New(msg.Answer, msg.Para{msg.To("zoe", "Zoe"), msg.Text(`: "ping zoe: look, glancebot"`)})
		got, err := w.irc.Render(bot.Room{Network: "net", Name: "#glance"}, m, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if want := "[\"Zoe: \\\"ping z\u200boe: look, glancebot\\\"\"]"; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestRoomKnown(t *testing.T) {
	inWorld(t, whox(), unpaced, func(w *world) {
		w.srv.Kick("#glance", "maria", "")
		w.sleep(time.Second)
		w.mu.Lock()
		w.changes = 0
		w.mu.Unlock()
		w.srv.Refuse("#glance", "")
		w.sleep(2 * time.Minute)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.changes != 3 {
			t.Errorf("told %d times of one JOIN, its NAMES and its WHO", w.changes)
		}
	})
}

// WHO is asked once for each room, never faster than one in ten seconds, and not
// while anything else is to be said; the JOIN of others asks nothing (T13).
func TestOneWho(t *testing.T) {
	for name, line := range map[string]string{"whox": "WHO #r%d %%tcuhnfa,7", "plain": "WHO #r%d"} {
		o := whox()
		if name == "plain" {
			o.ISupport = nil
		}
		var rooms []bot.Room
		for i := range 40 {
			rooms = append(rooms, bot.Room{Network: "net", Name: fmt.Sprintf("#r%d", i)})
		}
		inWorld(t, o, func(c *irc.Config) { c.Rooms = rooms }, func(w *world) {
			w.sleep(10 * time.Second)
			if got := w.lines("WHO"); len(got) > 0 {
				t.Errorf("%s: %q while rooms are still to be joined", name, got)
			}
			w.sleep(9 * time.Minute)
			for i := range 100 {
				w.srv.Join("#r1", fmt.Sprintf("nick%d", i))
			}
			w.srv.Raw(":irc.test 366 glancebot #r1 :End of /NAMES list.")
			w.sleep(time.Minute)
			got := w.lines("WHO")
			if len(got) != len(rooms) {
				w.Fatalf("%s: %d times WHO for %d rooms: %q", name, len(got), len(rooms), got)
			}
			for i := range rooms {
				if want := fmt.Sprintf(line, i); got[i] != want {
					t.Errorf("%s: got %q, want %q", name, got[i], want)
				}
			}
			w.wantWhosApart(len(rooms))
		})
		// Nor without any pace, where every room is entered at once.
		inWorld(t, o, func(c *irc.Config) { unpaced(c); c.Rooms = rooms[:3] }, func(w *world) {
			w.wantWhosApart(1)
			w.sleep(time.Minute)
			w.wantWhosApart(3)
		})
	}
}

// wantWhosApart wants so many WHO, ten seconds apart.
func (w *world) wantWhosApart(want int) {
	w.Helper()
	lines, times := w.srv.Received()
	var last time.Time
	for i, l := range lines {
		if !strings.HasPrefix(l, "WHO ") {
			continue
		}
		if gap := times[i].Sub(last); gap < 10*time.Second {
			w.Errorf("%s after %s", l, gap)
		}
		last = times[i]
		want--
	}
	if want != 0 {
		w.Errorf("%d times WHO too few", want)
	}
}

// NAMES as the real servers have it, and as none has.
func TestNames(t *testing.T) {
	inWorld(t, whox(), nil, func(w *world) {
		for _, line := range []string{
			"= #glance :~@maria!m@h.example +zoe @+nina",
			"= #GLANCE :glancebot @glancebot!u@h %halfop  bob",
			"= #glance :#room @ + !u@h a,b a@b *mask $$all x:y \x02bold z\u200boe " + strings.Repeat("n", 65),
			"= #other :other", "#glance :other", "= #glance", "=", "",
		} {
			w.srv.Raw(":irc.test 353 glancebot " + line)
		}
		w.wantMembers("named", "%halfop, bob, maria, nina, zoe")
		for _, p := range w.irc.Members(glance) {
			if want := map[string]string{"maria": "m@h.example"}[p.Nick]; p.Origin != want {
				t.Errorf("%s is from %q, want %q", p.Nick, p.Origin, want)
			}
		}
	})
}

// What the network takes for one nick is one, also when it says so late.
func TestMembersCasemapping(t *testing.T) {
	inWorld(t, bottest.IRCOptions{}, nil, func(w *world) {
		w.srv.Raw(":irc.test 353 glancebot = #glance :a[b] zoe")
		w.srv.Raw(":A{B}!u@h PART #glance")
		w.wantMembers("rfc1459", "zoe")
		w.srv.Raw(":irc.test 005 glancebot CASEMAPPING=ascii :are supported")
		w.srv.Raw(":irc.test 353 glancebot = #glance :a[b] a{b}")
		w.srv.Raw(":ZOE!u@h PART #glance")
		w.wantMembers("ascii", "a[b], a{b}")
		w.srv.Raw(":irc.test 005 glancebot CASEMAPPING=rfc1459 :are supported")
		w.srv.Raw(":a[b]!u@h QUIT :bye")
		w.srv.Raw(":irc.test 353 glancebot = #glance :bob")
		w.wantMembers("rfc1459 after all", "bob")
	})
}

// A room of any size is bounded, and storms are cheap: a split of thousands and
// their return delay no PONG (T13).
func TestRosterIsBounded(t *testing.T) {
	inWorld(t, whox(), nil, func(w *world) {
		var b strings.Builder
		for i := range 6000 {
			fmt.Fprintf(&b, ":n%d!u@h JOIN #glance a%d :x\r\n", i, i)
		}
		w.srv.Bytes(b.String())
		synctest.Wait()
		if got := len(w.irc.Members(glance)); got != 5000 {
			t.Errorf("%d are known, want 5000", got)
		}
		if got := len(w.sights()); got != 6000 {
			t.Errorf("%d were seen, want 6000", got)
		}
		b.Reset()
		for i := range 6000 {
			fmt.Fprintf(&b, ":n%d!u@h QUIT :a.example b.example\r\n", i)
		}
		w.srv.Bytes(b.String() + "PING :after\r\n")
		w.wantMembers("split", "")
		if got := w.lines("PONG"); len(got) != 1 {
			t.Errorf("PONG %q", got)
		}
	})
}
