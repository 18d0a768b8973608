package bolt

import (
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

// layoutKey holds the number of the layout the file is in, in decimal. The
// layout is what is common to all records: keys, sums, buckets. What is inside
// a plugin's records has numbers of its own (bot.Migrate).
const layoutKey = "meta/schema"

// layout brings the file from one layout number to the next.
type layout func(*bbolt.Tx) error

// layouts lists the steps: the first makes layout 1 out of an empty file, the
// one at index n makes n+1 out of n. Steps are appended and never changed.
func layouts() []layout {
	return []layout{
		func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte(bucket))
			return err
		},
	}
}

// migrate runs the steps that the file lacks. Each step and its number are one
// transaction, so a start that is killed half-way goes on where it was.
func migrate(s *Store, steps []layout) error {
	have := 0
	err := s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		if b == nil {
			return nil
		}
		var err error
		have, err = layoutNumber(b.Get([]byte(layoutKey)))
		return err
	})
	if err != nil {
		return err
	}
	for ; have < len(steps); have++ {
		err := s.db.Update(func(tx *bbolt.Tx) error {
			if err := steps[have](tx); err != nil {
				return err
			}
			key := []byte(layoutKey)
			number := strconv.Itoa(have + 1)
			return tx.Bucket([]byte(bucket)).Put(key, seal(key, []byte(number)))
		})
		if err != nil {
			return fmt.Errorf("migrate layout %d to %d (nothing was changed): %w", have, have+1, err)
		}
	}
	return nil
}

// layoutNumber reads the record under layoutKey, nil when there is none.
func layoutNumber(stored []byte) (int, error) {
	if stored == nil || !sealed([]byte(layoutKey), stored) {
		return 0, fmt.Errorf("%w: it has records but no layout number", ErrDamaged)
	}
	n, err := strconv.Atoi(string(stored[sumSize:]))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: its layout number is %q", ErrDamaged, stored[sumSize:])
	}
	return n, nil
}
