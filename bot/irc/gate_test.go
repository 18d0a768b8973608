package irc

import (
	"strings"
	"testing"
	"time"
)

// The last check before the wire refuses what no part of the bot should ever
// make.
func TestGate(t *testing.T) {
	for _, tt := range []struct {
		line string
		want bool
	}{
		{"PRIVMSG #glance :hello", true},
		{"@label=s1 PRIVMSG #glance :hello", true},
		{"PRIVMSG #glance ::hello", true},
		{"JOIN #glance", true},
		{"PONG :" + strings.Repeat("x", 504), true},
		{"PONG :" + strings.Repeat("x", 505), false},
		{"PRIVMSG #glance :" + strings.Repeat("x", 510-40-17), true},
		{"PRIVMSG #glance :" + strings.Repeat("x", 510-40-16), false},
		{"@label=s1 PRIVMSG #glance :" + strings.Repeat("x", 510-40-17), true},
		{"@label=" + strings.Repeat("x", 4096) + " PRIVMSG #glance :x", false},
		{"@label=s1", false},
		{"PRIVMSG #glance :a\nQUIT", false},
		{"PRIVMSG #glance :a\rQUIT", false},
		{"PRIVMSG #glance :a\x00b", false},
		{"PRIVMSG #glance :\x01ACTION x\x01", false},
		{"PRIVMSG #glance :\xff", false},
		{"PRIVMSG #glance :", false},
		{"PRIVMSG #glance hello", false},
		{"PRIVMSG #glance", false},
		{"PRIVMSG  :hello", false},
		{"PRIVMSG a b :hello", false},
		{"PRIVMSG a,b :hello", false},
		{"PRIVMSG :a :hello", false},
		{"PRIVMSG @#glance :hello", false},
		{"PRIVMSG $* :hello", false},
	} {
		if err := pass(tt.line, 40); (err == nil) != tt.want {
			t.Errorf("%.60q: %v, want fit = %t", tt.line, err, tt.want)
		}
	}
}

// A bucket lets a burst through and then one each pace; a debt is waited for.
func TestBucket(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(3, 2*time.Second, now)
	take := func(want time.Duration) {
		t.Helper()
		if wait, _ := b.take(now); wait != want {
			t.Errorf("wait %s, want %s", wait, want)
		}
	}
	take(0)
	take(0)
	b.charge(now)
	b.charge(now)
	take(4 * time.Second)
	now = now.Add(4 * time.Second)
	take(0)
	take(2 * time.Second)
	now = now.Add(time.Hour)
	for range 3 {
		take(0)
	}
	take(2 * time.Second)
	free := newBucket(0, 0, now)
	for range 100 {
		if _, ok := free.take(now); !ok {
			t.Fatal("an unpaced bucket waits")
		}
		free.charge(now)
	}
}
