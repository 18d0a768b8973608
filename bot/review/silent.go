package review

// SilentCores applies the definition; false if the core group can't be read:
//
//	Silent core: a core of the project, not the author, with no human act on
//	the change since the last author update.
//
// They come in order of their account numbers.
func (c Change) SilentCores(cast Cast) (accounts []int, known bool) {
	for _, id := range cast.Cores.All() {
		if !c.Author(id) && !c.Acted(id) {
			accounts = append(accounts, id)
		}
	}
	return accounts, cast.Cores.Known()
}

// Acted reports whether the account has done a human act on the change since
// the last author update.
func (c Change) Acted(account int) bool {
	for _, a := range c.Acts {
		if a.By == account && !a.Answered {
			return true
		}
	}
	return false
}
