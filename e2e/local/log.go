package local

import (
	"bytes"
	"sync"
)

// Log keeps what a process writes, for a test to read meanwhile. It is ready to
// use as it is.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps some more.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
