package backlog

import (
	"slices"
	"strconv"
	"strings"

	"torchbearer/bot/review"
)

// split parts projects into those that the review server shows, and those that it
// does not: of them no number is known, and 0 would be a wrong one.
func split(projects, missing []string) (readable, lacking []string) {
	for _, p := range projects {
		if slices.Contains(missing, p) {
			lacking = append(lacking, p)
		} else {
			readable = append(readable, p)
		}
	}
	return readable, lacking
}

// without says what a number lacks: ", without secret, which can't be read".
func without(lacking []string) string {
	if len(lacking) == 0 {
		return ""
	}
	return ", without " + short(lacking) + ", which can't be read"
}

// unknown stands in the place of a number.
func unknown(lacking []string) string {
	return ": not known. Gerrit does not have " + short(lacking) + ", or does not show me."
}

// short names projects, as many as a line has room for.
func short(projects []string) string {
	var names []string
	for _, p := range projects[:min(len(projects), offered)] {
		names = append(names, review.Short(p))
	}
	last := names[len(names)-1]
	if more := len(projects) - len(names); more > 0 {
		last = strconv.Itoa(more) + " more"
	} else {
		names = names[:len(names)-1]
	}
	if len(names) == 0 {
		return last
	}
	return strings.Join(names, ", ") + " and " + last
}
