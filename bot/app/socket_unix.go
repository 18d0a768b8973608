//go:build unix

package app

import "syscall"

// protectSocket sets the mode that a socket will be bound with, which Linux
// takes from the descriptor. Where that can't be set, the mode follows after
// listening.
func protectSocket(fd uintptr) { _ = syscall.Fchmod(int(fd), 0o600) }
