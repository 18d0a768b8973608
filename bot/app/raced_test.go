//go:build race

package app_test

// raced: the race detector keeps books of all memory, which takes some.
const raced = true
