package calendar

// dayOfWeek reads "Friday of this week" and "this Friday".
func (s *scan) dayOfWeek(i int) (Mention, int) {
	day, n := i, 4
	switch {
	case s.word(i) == "this":
		day, n = i+1, 2
	case s.words(i+1, "of", "the", "week", "on"):
		return Mention{}, 0 // "… on which they are noted": every week's
	case !s.words(i+1, "of", "this", "week") && !s.words(i+1, "of", "the", "week"):
		return Mention{}, 0
	}
	if _, dated := s.date(day); dated > 0 || day >= len(s.toks) {
		return Mention{}, 0
	}
	wd, ok := s.toks[day].weekday()
	if !ok {
		return Mention{}, 0
	}
	return Mention{Kind: EndOfWeek, Weekday: wd, HasWeekday: true}, n
}

// begins reports whether a word between "week" and a day says that it is the
// week of that day.
func begins(word string) bool {
	switch word {
	case "of", "starting", "beginning", "commencing":
		return true
	}
	return false
}

// together reports whether at most a few words of one sentence stand between
// two places.
func (s *scan) together(from, to int) bool {
	const few = 4
	return to-from <= few && s.sentence(from, to)
}

// sentence reports whether no sentence ends between two places.
func (s *scan) sentence(from, to int) bool {
	for i := from; i < to; i++ {
		if s.word(i) == "." {
			return false
		}
	}
	return true
}
