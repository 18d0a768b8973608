package irc

import (
	"fmt"
	"net"
	"testing"

	"github.com/lrstanley/girc"
)

// A server that offers capabilities without end fills no memory with them.
func TestOfferedWithoutEnd(t *testing.T) {
	conn, far := net.Pipe()
	defer conn.Close()
	defer far.Close()
	s := newSession(New(Options{Config: Config{Network: "net", Nick: "b"}}), conn, conn)
	for i := range 1000 {
		s.capability(&girc.Event{Command: "CAP", Params: []string{"*", "LS", "*", fmt.Sprintf("a%d=x b%d sasl=PLAIN batch", i, i)}})
	}
	if got := len(s.reg.offered); got != 2 {
		t.Errorf("%d capabilities are kept, want sasl and batch", got)
	}
}
