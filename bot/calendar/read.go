package calendar

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"torchbearer/bot/civil"
)

// Names of the files of a schedule's folder.
const (
	gridFile = "schedule.yaml"
	pageFile = "schedule.rst"
)

// Read reads the schedule of one series from the root of fsys: schedule.yaml,
// schedule.rst or both. Folder is what problems and positions call it, and its
// last part names the series where the page's title does not. Near is used for a
// page that names no year at all; today, or zero.
//
// It never fails: a folder with neither file is a schedule with a problem.
func Read(fsys fs.FS, folder string, near civil.Date) Schedule {
	s := Schedule{Folder: folder, Series: path.Base(strings.TrimRight(folder, "/"))}
	data, found := s.load(fsys, gridFile, maxYAML)
	if found {
		var problems []Problem
		s.Grid, problems = ParseGrid(inside(folder, gridFile), data)
		s.Problems = append(s.Problems, problems...)
	}
	prose, hasPage := s.load(fsys, pageFile, maxPage)
	if hasPage {
		page, table, problems := ParsePage(inside(folder, pageFile), prose, middle(s.Grid), near)
		s.Page = page
		s.Problems = append(s.Problems, problems...)
		if !found {
			s.Grid = table
		}
		if name := seriesOf(page.Title.Raw); name != "" {
			s.Series = name
		}
	}
	if !found && !hasPage && len(s.Problems) == 0 {
		s.Problems = append(s.Problems, Problem{Pos{folder, 0}, Unreadable, "", fmt.Sprintf("neither %s nor %s", gridFile, pageFile)})
	}
	return s
}

// inside names a file of a folder, or of the address of one.
func inside(folder, name string) string {
	if strings.Contains(folder, "://") {
		return strings.TrimRight(folder, "/") + "/" + name
	}
	return path.Join(folder, name)
}

// load reads a file up to one byte more than the limit, which its parser then
// refuses. Nothing that is no ordinary file is opened: a pipe would never end.
func (s *Schedule) load(fsys fs.FS, name string, limit int64) ([]byte, bool) {
	info, err := fs.Stat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false
	case err == nil && !info.Mode().IsRegular():
		err = errors.New("it is no ordinary file")
	}
	var data []byte
	if err == nil {
		data, err = read(fsys, name, limit)
	}
	if err != nil {
		s.Problems = append(s.Problems, Problem{Pos{inside(s.Folder, name), 0}, Unreadable, "", "read: " + reason(err)})
		return nil, false
	}
	return data, true
}

// read reads at most a byte more than the limit.
func read(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// seriesOf reads "hibiscus" from "2026.2 Hibiscus Release Schedule".
func seriesOf(title string) string {
	words := strings.Fields(strings.ToLower(title))
	if len(words) < 3 || words[len(words)-2] != "release" || words[len(words)-1] != "schedule" {
		return ""
	}
	name := words[len(words)-3]
	if !isLabel(name) || strings.ContainsAny(name, "0123456789") {
		return ""
	}
	return name
}
