//go:build !linux

package irc

import "net"

// prompt has nothing to set where acknowledgements can't be hurried.
func prompt(conn net.Conn) net.Conn { return conn }
