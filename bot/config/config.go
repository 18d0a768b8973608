// Package config reads the configuration: strict TOML, in which a key that
// nobody knows is a mistake, and every mistake is found in one go, with its
// line and what is allowed. It is pure but for the files it is told to read,
// and all or nothing, so a reload that fails leaves the old one in force.
//
//	cfg, err := config.Load("torchbearer.toml", config.Build{Plugins: plugins})
//	if err != nil {
//		fmt.Fprintln(os.Stderr, err) // torchbearer.toml:12: irc.oftc.nick: is missing; want …
//		os.Exit(2)
//	}
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"torchbearer/bot"
	"torchbearer/bot/cycle"
)

// Config is a configuration without a mistake. Paths in it are absolute.
type Config struct {
	File string // as it was named
	Dir  string // its folder, where relative paths begin

	Store     Store
	Operators Operators
	Limits    Limits
	IRC       []IRC    // by name
	Matrix    []Matrix // by name
	Gerrit    []Gerrit // by name
	People    map[string]bot.Person
	Teams     []Team // by id
	Rooms     map[bot.Room]Room
}

// Store says where everything is kept, and what protects the keys of encryption
// in it.
type Store struct {
	Path string
	Key  Secret // of 32 bytes at least; none without encryption
}

// Operators are the people who run this bot, and the room in which it reports
// about itself; zero for none.
type Operators struct {
	People []string // ids
	Room   bot.Room
}

// Limits bound what one person may ask of the bot.
type Limits struct{ Commands Rate }

// Room is what differs for a room.
type Room struct {
	DefaultTeam string // id of the team a command without one is for; empty: none
}

// Team is one team with its calendar and the plugins that are on for it.
type Team struct {
	bot.Team
	Calendar cycle.Calendar // its own events
	Sources  Sources        // of the official ones
	Plugins  []Plugin       // in the order they were handed in
}

// Plugin is a plugin's section: its presence turns the plugin on.
type Plugin struct {
	Name     string
	Settings any // what the plugin's Config returned, decoded over and valid; nil if it has no Config
}

// mostBytes is the largest configuration; a team takes a few kilobytes.
const mostBytes = 1 << 20

// Load reads and checks the configuration and every file it names: secrets,
// certificates, the store's folder. An error is Problems. The build is this one.
func Load(path string, build Build) (*Config, error) {
	return load(path, build, true)
}

// Read is Load without the files that the configuration names, nor what only the
// bot's own build needs: for looking at it on another machine than the bot's.
func Read(path string, plugins []bot.Plugin) (*Config, error) {
	return load(path, Build{Plugins: plugins}, false)
}

// Parse is Read of a text. Its problems name file; relative paths begin at dir.
func Parse(file string, src []byte, dir string, plugins []bot.Plugin) (*Config, error) {
	return parse(file, src, dir, Build{Plugins: plugins}, false)
}

// Build is what a build of the program has that not every one does.
type Build struct {
	Plugins    []bot.Plugin // whose sections are known
	Encryption bool         // of Matrix rooms

	// Faulty finds mistakes that are not this package's to know, in what could be
	// made of a file that has others, so that all are told in one go. Nothing of it
	// may be relied on. May be nil.
	Faulty func(*Config) Problems
}

func load(path string, build Build, disk bool) (*Config, error) {
	src, err := readFile(path)
	if err != nil {
		return nil, Problems{{File: path, Text: err.Error()}}
	}
	return parse(path, src, filepath.Dir(path), build, disk)
}

func readFile(path string) ([]byte, error) {
	// Before it is opened, which for a pipe would wait for somebody to write.
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, fmt.Errorf("can't be opened: %w", cause(err))
	case info.IsDir():
		return nil, errors.New("is a folder; want the configuration file in it")
	case !info.Mode().IsRegular():
		return nil, errors.New("is no ordinary file; want the configuration file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("can't be opened: %w", cause(err))
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("can't be read: %w", cause(err))
	}
	return src, nil
}

// builder makes a Config of a decoded file.
type builder struct {
	*decoder
	root     *node
	raw      schema
	dir      string
	disk     bool // whether to look at the files it names
	plugins  []bot.Plugin
	encrypts bool // this build
	out      *Config
	spelled  map[string]spelling // IRC channels by their folded name
}

func parse(file string, src []byte, dir string, build Build, disk bool) (*Config, error) {
	d := &decoder{file: file}
	src, ok := d.text(src)
	if !ok {
		return nil, d.problems.sorted()
	}
	root, ok := readTree(src, d.report)
	if !ok {
		return nil, d.syntaxOnly()
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, Problems{{File: file, Text: fmt.Sprintf("its folder can't be found: %v", err)}}
	}
	b := &builder{
		decoder: d, root: root, dir: dir, disk: disk, plugins: build.Plugins, encrypts: build.Encryption,
		out:     &Config{File: file, Dir: dir, People: map[string]bot.Person{}, Rooms: map[bot.Room]Room{}},
		spelled: map[string]spelling{},
	}
	b.table("", root, reflect.ValueOf(&b.raw).Elem())
	b.store()
	for _, name := range slices.Sorted(maps.Keys(b.raw.IRC)) {
		b.irc(name, b.raw.IRC[name])
	}
	b.matrices()
	if len(b.raw.IRC)+len(b.raw.Matrix) == 0 {
		b.report(0, "irc", "no network; want at least one section [irc.NAME] or [matrix.NAME]")
	}
	b.gerrits()
	b.people()
	for _, id := range slices.Sorted(maps.Keys(b.raw.Team)) {
		b.team(id, b.raw.Team[id])
	}
	if len(b.raw.Team) == 0 {
		b.report(0, "team", "no team; want at least one section [team.NAME]")
	}
	b.sameLabels()
	b.operators()
	b.rooms()
	if len(d.problems) > 0 {
		if build.Faulty != nil {
			d.problems = append(d.problems, build.Faulty(b.out)...)
		}
		return nil, d.problems.sorted()
	}
	return b.out, nil
}

// syntaxOnly returns the last problem, the one that ended the reading: of half
// a file nothing else can be said for sure.
func (d *decoder) syntaxOnly() Problems { return d.problems[len(d.problems)-1:] }

// text refuses what is no text before a parser complains of single bytes, and
// takes a byte order mark off.
func (d *decoder) text(src []byte) ([]byte, bool) {
	switch {
	case len(src) > mostBytes:
		d.reportf(0, "", "is larger than %d KiB; that is no configuration", mostBytes>>10)
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		d.report(0, "", "is UTF-16 text; save it as UTF-8")
	case bytes.IndexByte(src, 0) >= 0:
		d.report(0, "", "is no text file; want TOML")
	case !utf8.Valid(src):
		valid := 0
		for valid < len(src) {
			if r, size := utf8.DecodeRune(src[valid:]); r == utf8.RuneError && size == 1 {
				break
			} else {
				valid += size
			}
		}
		d.report(1+bytes.Count(src[:valid], []byte("\n")), "", "is not UTF-8 here; save the file as UTF-8")
	default:
		return bytes.TrimPrefix(src, []byte("\ufeff")), true
	}
	return nil, false
}

// leastKey is how many bytes of text protect the keys of encryption. What guards
// them is how hard it is to guess, so a word of that length does not do.
const leastKey = 32

// keyHelp says how to make one.
const keyHelp = "head -c 32 /dev/urandom | base64 makes one"

func (b *builder) store() {
	b.storeKey()
	path, line := b.raw.Store.Path, b.root.near("store", "path")
	if b.root.get("store", "path") == nil {
		return
	}
	if !plainPath(path) {
		b.report(line, "store.path", "is no file's path; want one line, not empty")
		return
	}
	b.out.Store.Path = resolve(b.dir, path)
	if !b.disk {
		return
	}
	if info, err := os.Stat(filepath.Dir(b.out.Store.Path)); err != nil || !info.IsDir() {
		b.reportf(line, "store.path", "there is no folder %s; make it first", strconv.Quote(filepath.Dir(b.out.Store.Path)))
	}
	// unix(7): the address of a socket holds 108 bytes with the closing NUL.
	if socket := b.out.Store.Path + ".sock"; len(socket) > 107 {
		b.reportf(line, "store.path", "is too long a path for the socket beside it (%d bytes, at most 107)", len(socket))
	}
}

// storeKey checks the secret that protects the keys of encryption.
func (b *builder) storeKey() {
	n, before := b.root.get("store", "key"), len(b.problems)
	b.out.Store.Key = b.secret("store.key", n, b.raw.Store.Key)
	if !b.disk || n == nil || len(b.problems) > before {
		return
	}
	if key, err := b.out.Store.Key.Value(); err == nil && key != "" && len(key) < leastKey {
		b.reportf(n.line, "store.key", "has %d bytes; want at least %d, drawn at random: %s", len(key), leastKey, keyHelp)
	}
}

func (b *builder) operators() {
	b.out.Operators.People = b.ids("operators.people", b.root.get("operators", "people"), b.raw.Operators.People)
	if n := b.root.get("operators", "room"); n != nil && b.room("operators.room", n.line, b.raw.Operators.Room) {
		b.out.Operators.Room = b.raw.Operators.Room
	}
	b.out.Limits.Commands = Rate{N: 12, Per: defaultPer}
	if r := b.raw.Limits.Commands; r != nil {
		b.out.Limits.Commands = *r
	}
}
