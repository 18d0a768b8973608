package mirror_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"torchbearer/bot"
	"torchbearer/bot/bottest"
	"torchbearer/bot/mirror"
	"torchbearer/bot/review"
)

// sizes are how many open changes a mirror is measured with: what is done to
// each must not cost more where there are many.
var sizes = []int{1_000, 3_000, 10_000}

const page = 500

// queue is a server's queue: of every ten changes one has a long history, and
// most have some words and votes.
func queue(n int) []review.Raw {
	raws := make([]review.Raw, n)
	for i := range raws {
		at := start.Add(-time.Duration(i*7919%400) * day)
		raw := uploaded(i+1, []string{glance, specs, nova}[i%3], at)
		if i%10 == 0 {
			raw = busy(i + 1)
			raw.Project = []string{glance, specs, nova}[i%3]
		}
		for who := range i % 4 {
			by := review.Account{ID: 100 + who + i%50, Username: fmt.Sprintf("reviewer%03d", who+i%50), Name: "Some Reviewer"}
			raw = said(raw, by, at.Add(time.Hour), "please test it with a longer name", review.Given{Label: "Code-Review", Value: who%3 - 1})
		}
		raws[i] = raw
	}
	return raws
}

func sync(b *testing.B, store *bottest.Store, m *mirror.Mirror, raws []review.Raw) {
	for i := 0; i < len(raws); i += page {
		for _, batch := range m.Take(opendev, mirror.Reading{At: start, Changes: raws[i:min(i+page, len(raws))]}) {
			if store != nil {
				if err := store.Update(context.Background(), func(tx bot.Tx) error { return batch.Write(tx) }); err != nil {
					b.Fatal(err)
				}
			}
			batch.Keep()
		}
	}
}

func newMirror() *mirror.Mirror {
	return mirror.New([]mirror.Server{{Name: opendev, Rules: rules}}, nil)
}

func BenchmarkFullSync(b *testing.B) {
	for _, n := range sizes {
		raws := queue(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				sync(b, nil, newMirror(), raws)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/change")
		})
	}
}

// BenchmarkPoll is one news in a full mirror.
func BenchmarkPoll(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m, raws := newMirror(), queue(n)
			sync(b, nil, m, raws)
			for i := 0; b.Loop(); i++ {
				raw := said(raws[i%n], zoe, start.Add(time.Duration(i)*time.Second), "hm")
				for _, batch := range m.Take(opendev, mirror.Reading{At: start, Changes: []review.Raw{raw}}) {
					batch.Keep()
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			store := bottest.NewStore()
			sync(b, store, newMirror(), queue(n))
			bytes := 0
			load := func() *mirror.Mirror {
				m := newMirror()
				if err := store.View(context.Background(), m.Load); err != nil {
					b.Fatal(err)
				}
				return m
			}
			_ = store.View(context.Background(), func(tx bot.ReadTx) error {
				for _, value := range tx.Scan("mirror/opendev/change/") {
					bytes += len(value)
				}
				return nil
			})
			for b.Loop() {
				load()
			}
			b.ReportMetric(float64(bytes)/float64(n), "stored-B/change")
		})
	}
}

// BenchmarkHeap is what a mirror takes in memory, when it has just been read.
func BenchmarkHeap(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var taken uint64
			for b.Loop() {
				m := newMirror()
				before := live()
				for i := 0; i < n; i += page {
					// Of its own each time: what the mirror keeps of an answer counts.
					sync(b, nil, m, queue(i + page)[i:])
				}
				taken = live() - before
				runtime.KeepAlive(m)
			}
			b.ReportMetric(float64(taken)/float64(n), "heap-B/change")
		})
	}
}

func live() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func all(b *testing.B, n int) func() bot.Reviews {
	m := newMirror()
	sync(b, nil, m, queue(n))
	team := bot.Team{Gerrit: bot.ReviewServer{Name: opendev}, Projects: []string{glance, nova}, Specs: []string{specs}}
	marks := make([]review.Mark, 200)
	for i := range marks {
		marks[i] = review.Mark{Server: opendev, Change: i * 13, Kind: "priority", Weight: 1}
	}
	return func() bot.Reviews {
		return m.Reviews(team, start, func() []review.Mark { return marks }, func(string) review.Cast {
			return review.Cast{Cores: review.KnownCores(100, 101, 102, 103)}
		}, bot.ReviewState{})
	}
}

// BenchmarkCount is !backlog.
func BenchmarkCount(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			reviews := all(b, n)
			for b.Loop() {
				backlog, spared := 0, 0
				for c := range reviews().Changes(review.Filter{}) {
					if c.Backlog() {
						backlog++
					}
					if c.Spared(start) {
						spared++
					}
				}
				if backlog == 0 || spared == 0 {
					b.Fatal("an easy queue")
				}
			}
		})
	}
}

// BenchmarkRows is the nightly line, and !next.
func BenchmarkRows(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			reviews := all(b, n)
			for b.Loop() {
				r := reviews()
				review.Sorted(func(yield func(review.Row) bool) {
					for c := range r.Changes(review.Filter{}) {
						yield(r.Row(c))
					}
				})
			}
		})
	}
}
