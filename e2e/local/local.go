// Package local is what every server under test needs of this machine: a place
// on loopback where nobody listens, and somewhere to keep what is said.
//
//	addr := "127.0.0.1:" + local.Port(t)
package local

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// firstPort and lastPort lie below the range that Linux takes the ports of
// outgoing connections from, so that a stopped server finds its port free again.
const firstPort, lastPort = 20000, 32000

// Port returns a loopback TCP port that nobody listens on now, and that no other
// call returns before the test ends: dozens of servers start side by side, and
// each listens only some time after it was given its ports. Another program may
// take it all the same: whoever can should try another one then.
func Port(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(firstPort + rand.IntN(lastPort-firstPort))
		// The claim is on the UDP port of that number, which no server here uses:
		// other test programs see it too, and the kernel ends it with this one.
		claim, err := net.ListenPacket("udp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			claim.Close()
			continue
		}
		l.Close()
		t.Cleanup(func() { claim.Close() })
		return port
	}
	t.Fatal("find a free port: none in 100 tries")
	return ""
}
