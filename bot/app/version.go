package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Build says what program this is.
type Build struct {
	Number string // of the release
	Commit string // "unknown" where the build carries none
	Go     string
}

// number is the version of the next or last release; CHANGELOG.md says what is
// in it.
const number = "0.1.0"

// Version describes this build.
func Version() Build {
	b := Build{Number: number, Commit: "unknown", Go: runtime.Version()}
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
	return fmt.Sprintf("torchbearer %s, commit %s, %s, without encryption", b.Number, b.Commit, b.Go)
}
