package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// RecordPrefix begins the keys of a plugin's records for one team:
// "plugin/<team>/<plugin>/". Team and plugin must not be empty or hold a slash.
func RecordPrefix(team, plugin string) string {
	return "plugin/" + team + "/" + plugin + "/"
}

// ErrNewerSchema is wrapped by Migrate when the records were written by a
// version of the plugin that is newer than this build's.
var ErrNewerSchema = errors.New("written by a newer torchbearer")

// Migrate brings a plugin's records for one team to the plugin's schema number
// (1 or more), before the plugin sees any of them. fn turns one record of
// schema from, under key without its RecordPrefix, into one of schema from+1;
// nil deletes it. All steps of all records and the new number are one Update:
// after an error everything is as it was. When the number is the plugin's
// already, nothing is written; when there is none, the records are new and get
// the plugin's.
//
//	err := bot.Migrate(ctx, store, "glance", plugin.Name, plugin.Schema, plugin.Migrate)
func Migrate(ctx context.Context, store Store, team, plugin string, schema int,
	fn func(from int, key string, old []byte) ([]byte, error),
) error {
	if err := migrate(ctx, store, team, plugin, schema, fn); err != nil {
		return fmt.Errorf("migrate records of plugin %s, team %s: %w", plugin, team, err)
	}
	return nil
}

func migrate(ctx context.Context, store Store, team, plugin string, schema int,
	fn func(from int, key string, old []byte) ([]byte, error),
) error {
	for _, name := range []string{team, plugin} {
		if name == "" || strings.Contains(name, "/") {
			return fmt.Errorf("%q can't be part of a key", name)
		}
	}
	if schema < 1 {
		return fmt.Errorf("schema numbers begin at 1, the plugin says %d", schema)
	}
	key := "schema/" + team + "/" + plugin
	have := 0
	err := store.View(ctx, func(tx ReadTx) (err error) {
		have, err = readSchema(tx, key)
		return err
	})
	switch {
	case err != nil:
		return err
	case have == schema:
		return nil
	case have > schema:
		return fmt.Errorf("%w: their schema is %d, this build's plugin knows up to %d: run the newer version, or restore a backup from before it",
			ErrNewerSchema, have, schema)
	case have > 0 && fn == nil:
		return fmt.Errorf("the plugin has no migration from schema %d to %d", have, schema)
	}
	return store.Update(ctx, func(tx Tx) error {
		if have > 0 {
			if err := rewrite(tx, RecordPrefix(team, plugin), have, schema, fn); err != nil {
				return err
			}
		}
		return tx.Put(key, []byte(strconv.Itoa(schema)))
	})
}

// rewrite takes every record under prefix through the steps from have to want.
func rewrite(tx Tx, prefix string, have, want int,
	fn func(from int, key string, old []byte) ([]byte, error),
) error {
	type record struct {
		key   string
		value []byte
	}
	var records []record // collected first: no writing during a scan
	for key, value := range tx.Scan(prefix) {
		records = append(records, record{key, value})
	}
	for _, r := range records {
		var err error
		for from := have; from < want && r.value != nil; from++ {
			if r.value, err = fn(from, strings.TrimPrefix(r.key, prefix), r.value); err != nil {
				return fmt.Errorf("record %q, schema %d to %d: %w", r.key, from, from+1, err)
			}
		}
		if r.value == nil {
			err = tx.Delete(r.key)
		} else {
			err = tx.Put(r.key, r.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readSchema reads the number under key, 0 when there is none.
func readSchema(tx ReadTx, key string) (int, error) {
	value, err := tx.Get(key)
	if err != nil || value == nil {
		return 0, err
	}
	n, err := strconv.Atoi(string(value))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("the schema number under %q is %q", key, value)
	}
	return n, nil
}
