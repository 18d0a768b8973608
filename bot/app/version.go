package app

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"torchbearer/bot/matrix"
)

// Build says what program this is.
type Build struct {
	Number     string // of the release
	Commit     string // "unknown" where the build carries none
	Go         string
	Encryption bool // of Matrix rooms
}

// number is the version of the next or last release; CHANGELOG.md says what is
// in it.
const number = "0.1.0"

// Version describes this build.
func Version() Build {
	b := Build{Number: number, Commit: "unknown", Go: runtime.Version(), Encryption: matrix.Encryption()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	dirty := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	b.Commit += dirty
	return b
}

// String is the line that `torchbearer version` prints.
func (b Build) String() string {
	with := "without"
	if b.Encryption {
		with = "with"
	}
	return fmt.Sprintf("torchbearer %s, commit %s, %s, %s encryption", b.Number, b.Commit, b.Go, with)
}
