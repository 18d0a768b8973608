//go:build race && !goolm

package matrix

const raced = true
