package gerritd

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Seed is what a site is filled with before a test sees it: once for a build of
// the test program, then from the cache.
type Seed struct {
	// Name tells the seeds of one program apart; a word.
	Name string
	// Files are patterns of the source files that the seed is made of, as seen
	// from the test's folder: it is made anew when one of them changes. None:
	// with every build of the test program.
	Files []string
	// Setup makes accounts, groups, labels and projects, before the first step.
	Setup func(*Server)
	// Steps happen in the order of time; those of one instant as they stand.
	Steps []Step
}

// Step is what happens at one instant.
type Step struct {
	At time.Duration // before now: negative
	Do func(*Server)
}

// hash names what the seed makes. It is Go code, so that may change with every
// build, unless it says which files it is written in.
func (s *Seed) hash() (string, error) {
	var files []string
	for _, pattern := range s.Files {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("hash seed: %w", err)
		}
		if len(found) == 0 {
			return "", fmt.Errorf("hash seed: there is no %s", pattern)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		program, err := os.Executable()
		if err != nil {
			return "", fmt.Errorf("hash seed: %w", err)
		}
		files = []string{program}
	}
	h := sha256.New()
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("hash seed: %w", err)
		}
		_, err = io.Copy(h, f)
		f.Close()
		if err != nil {
			return "", fmt.Errorf("hash seed: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// makeSeeded fills an empty site under a moved clock, and packs it.
func makeSeeded(t testing.TB, war, path string, seed *Seed) (err error) {
	t.Helper()
	began := time.Now()
	empty, err := sitePack(t, war, nil)
	if err != nil {
		return err
	}
	site, err := os.MkdirTemp(filepath.Dir(path), "site-")
	if err != nil {
		return fmt.Errorf("seed site: %w", err)
	}
	t.Cleanup(func() { os.RemoveAll(site) })
	if err := unpack(empty, site); err != nil {
		return err
	}
	steps := slices.Clone(seed.Steps)
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	s := &Server{t: t, war: war, site: site}
	if s.clock, err = newClock(site); err != nil {
		return err
	}
	first := time.Duration(0)
	if len(steps) > 0 {
		first = min(0, steps[0].At)
	}
	set := first - time.Hour
	if err := s.clock.set(set); err != nil {
		return err
	}
	s.bringUp(true)
	s.state.SeededAt = time.Now().UTC().Truncate(time.Second)
	if seed.Setup != nil {
		seed.Setup(s)
	}
	for _, step := range steps {
		if step.At > 0 {
			return fmt.Errorf("seed site: a step %s ahead; Gerrit will run at the real time", step.At)
		}
		// Never back, which Gerrit does not bear: steps take time, too.
		if ago := step.At - time.Since(s.state.SeededAt); ago > set {
			if err := s.clock.set(ago); err != nil {
				return err
			}
			set = ago
		}
		step.Do(s)
	}
	t.Logf("seeded %d steps in %v", len(steps), time.Since(began).Round(time.Second))
	s.Stop()
	if err := s.save(); err != nil {
		return err
	}
	return pack(site, path)
}
