package config

import "path/filepath"

// StorePath returns where a configuration keeps the store, mistakes elsewhere in
// it or not: a bot that runs on goes by the configuration it has read, and can be
// asked how it is while somebody edits the file. False: the file does not say.
func StorePath(path string) (string, bool) {
	src, err := readFile(path)
	if err != nil {
		return "", false
	}
	root, ok := readTree(src, func(int, string, string) {})
	if !ok || root == nil {
		return "", false
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	n := root.get("store", "path")
	if err != nil || n == nil || n.kind != textKind || !plainPath(n.text) {
		return "", false
	}
	return resolve(dir, n.text), true
}
