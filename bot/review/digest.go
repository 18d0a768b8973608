package review

// Digest keeps of a change what the definitions need. It is pure: the same raw
// change in any order of its lists gives the same Change.
func Digest(raw Raw, rules Rules) Change {
	return Change{Server: raw.Server, Number: raw.Number, Project: raw.Project}
}
