package msg

import "strconv"

// shorten lays words, of which there are too many, into at most most lines. The
// last one says that something is missing, and where to find it.
func shorten(words []word, items int, link string, limit, most int) []string {
	if len(ellipsis)+1+len(more(items))+1+len(link) > limit {
		// Link and mark need a line each.
		lines := shorten(words, items, "", limit, most-1)
		last, _ := fill([]word{{text: link}}, limit, 1)
		return append(lines, last...)
	}
	lines, from := fill(words, limit, most-1)
	last, to := fillLine(make([]byte, 0, limit), words, from, limit)

	// The last place that leaves room for the mark; within a list rather the
	// last one between two items, if this line has one.
	best := -1
	for j := to; j >= from && (best < 0 || words[j].item > 0); j-- {
		if best >= 0 && !beginsItem(words, j) {
			continue
		}
		var ok bool
		if last, ok = cutLine(last[:0], words, from, j, items, link, limit); !ok {
			continue
		}
		best = j
		if j == len(words) || words[j].item == 0 || beginsItem(words, j) {
			return append(lines, string(last))
		}
	}
	last, _ = cutLine(last[:0], words, from, best, items, link, limit)
	return append(lines, string(last))
}

// cutLine lays words[from:to] into a line, then what says that the others are
// missing, and the link. It reports whether that fits.
func cutLine(buf []byte, words []word, from, to, items int, link string, limit int) (line []byte, ok bool) {
	buf, _ = fillLine(buf, words[:to], from, limit)
	add := func(s string) {
		if len(buf) > 0 {
			buf = append(buf, ' ')
		}
		buf = append(buf, s...)
	}
	if to < len(words) {
		left := items - begun(words[:to])
		switch {
		case words[to].glue:
			buf = append(buf, ellipsis...)
		case to == from || !beginsItem(words, to):
			add(ellipsis)
		}
		if left > 0 {
			add(more(left))
		}
		if link == ellipsis {
			link = "" // too long to be said, which the mark above says already
		}
	}
	if link != "" {
		add(link)
	}
	return buf, len(buf) <= limit
}

// begun returns how many items of lists the words show, in whole or in part.
func begun(words []word) int {
	for i := len(words) - 1; i >= 0; i-- {
		if words[i].item > 0 {
			return words[i].item
		}
	}
	return 0
}

func beginsItem(words []word, i int) bool {
	item := words[i].item
	return item > 0 && (i == 0 || words[i-1].item != item)
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return "+" + strconv.Itoa(n) + " more"
}
