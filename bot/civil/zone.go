package civil

import (
	"fmt"
	"strings"
	"time"
)

// LoadZone returns the time zone of an IANA name such as "UTC" or
// "Europe/Prague" (https://www.iana.org/time-zones). It refuses what depends on
// the machine: the empty name, "Local", and files that only some zone folders
// have. The program must carry zone data (time/tzdata) or find the system's.
func LoadZone(name string) (*time.Location, error) {
	wrong := fmt.Errorf("load time zone %s: want an IANA name, such as UTC, Europe/Prague or America/New_York", quote(name))
	top, _, _ := strings.Cut(name, "/")
	switch top {
	case "", "Local", "localtime", "posix", "posixrules", "right":
		return nil, wrong
	}
	// A zone folder is a folder of files, which have more than one path.
	if strings.ContainsFunc(name, notInZoneName) || strings.Contains(name, "//") {
		return nil, wrong
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		// The cause would only list the folders that were searched.
		return nil, wrong
	}
	return loc, nil
}

// notInZoneName reports whether r is outside the characters of IANA names
// (theory.html, "Timezone identifiers").
func notInZoneName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("/_+-", r)
}
