package civil

import (
	"fmt"
	"strings"
	"testing"
)

func TestLoadZone(t *testing.T) {
	for _, name := range oddZones {
		loc, err := LoadZone(name)
		if err != nil || loc.String() != name {
			t.Errorf("%s: got %v, %v", name, loc, err)
		}
	}
	for _, name := range []string{
		"", "Local", "localtime", "posixrules", "posix/Europe/Prague", "right/Europe/Prague", "Prague", "Europe", "Europe/",
		"Europe/Praha", "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", "./UTC", "Europe/./Prague", "Europe//Prague", "zone.tab", "UTC+2", "Europe\\Prague",
		"Europe/Prague\n", "UTC\x00", "Évian",
	} {
		want := fmt.Sprintf("load time zone %q: want an IANA name, such as UTC, Europe/Prague or America/New_York", name)
		if loc, err := LoadZone(name); err == nil || err.Error() != want {
			t.Errorf("got  %v, %v\nwant %s", loc, err, want)
		}
	}
	if _, err := LoadZone(strings.Repeat("A", 1<<20)); err == nil || len(err.Error()) > 200 {
		t.Errorf("a name of a mebibyte: %.300v", err)
	}
}
