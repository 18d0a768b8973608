//go:build race

package review_test

// underRace: the race detector makes everything ten times slower, and what is
// pure has no races: it sees a part of the recorded changes.
const underRace = true
