//go:build !unix

package app

// protectSocket does nothing: the mode is set after listening.
func protectSocket(uintptr) {}
