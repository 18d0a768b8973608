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

// Port returns a loopback port that nobody listens on now. By the time that a
// server has started it may be taken: whoever can should try another one then.
func Port(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(firstPort + rand.IntN(lastPort-firstPort))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("find a free port: none in 100 tries")
	return ""
}
