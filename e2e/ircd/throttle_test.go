package ircd_test

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"torchbearer/e2e/ircd"
)

// TestHybridThrottles shows what a bot that reconnects too soon is told. Over
// TLS it is told nothing: its connection just ends.
func TestHybridThrottles(t *testing.T) {
	t.Parallel()
	srv := ircd.StartHybrid(t, ircd.Opts{ThrottleTime: 2 * time.Second})
	first := func() string {
		conn, err := net.Dial("tcp", srv.PlainAddr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	if got := first(); strings.HasPrefix(got, "ERROR") {
		t.Fatalf("first connection: %q", got)
	}
	if got := first(); !strings.HasPrefix(got, "ERROR") || !strings.Contains(got, "throttled") {
		t.Errorf("second connection at once: got %q, want an ERROR that says throttled", got)
	}
	srv.Dial(t, "exempt")
	// Each try while throttled may begin the time anew.
	time.Sleep(3 * time.Second)
	if got := first(); strings.HasPrefix(got, "ERROR") {
		t.Errorf("after the throttle time: %q", got)
	}
}
