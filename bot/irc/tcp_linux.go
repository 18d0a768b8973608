package irc

import (
	"net"
	"syscall"
)

// prompt returns the connection with acknowledgements sent at once. A server
// that echoes messages and has Nagle's algorithm on (InspIRCd) otherwise waits
// for the delayed acknowledgement of the echo before it sends what follows:
// 44 ms a command. Linux forgets the option, so it is set again after each read
// (tcp(7), TCP_QUICKACK).
func prompt(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return &promptConn{TCPConn: tcp, raw: raw, quick: func(fd uintptr) {
		// Without the option all still works, only later.
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	}}
}

type promptConn struct {
	*net.TCPConn
	raw   syscall.RawConn
	quick func(fd uintptr)
}

func (c *promptConn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if n > 0 {
		_ = c.raw.Control(c.quick)
	}
	return n, err
}
