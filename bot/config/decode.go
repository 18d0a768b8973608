package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"torchbearer/bot/civil"
)

// decoder fills Go values from the tree and gathers what is wrong. It goes on
// after every problem, so that all of them are found in one go.
//
// A struct's fields are named by tags: `toml:"nick,required"`, and
// `want:"a nick, such as …"` for the words that say what is allowed.
type decoder struct {
	file     string
	problems Problems
}

func (d *decoder) report(line int, key, text string) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Key: key, Text: text})
}

func (d *decoder) reportf(line int, key, format string, args ...any) {
	d.report(line, key, fmt.Sprintf(format, args...))
}

// nodeDecoder is a type of this package that reads more than one kind of node.
// It reports what is wrong itself.
type nodeDecoder interface {
	decodeNode(d *decoder, path string, n *node)
}

// defaulter is an entry of a table with free keys that does not begin at zero.
type defaulter interface{ setDefaults() }

var (
	nodeType = reflect.TypeFor[*node]()
	dateType = reflect.TypeFor[civil.Date]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	ourType  = reflect.TypeFor[nodeDecoder]()
)

// isSection reports whether t is a table with keys of its own.
func isSection(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t.Kind() == reflect.Struct && !p.Implements(textType) && !p.Implements(ourType)
}

// value decodes n into v; want says what is allowed, if a tag did.
func (d *decoder) value(path string, n *node, v reflect.Value, want string) {
	t := v.Type()
	switch {
	case t == nodeType:
		v.Set(reflect.ValueOf(n))
	case reflect.PointerTo(t).Implements(ourType):
		v.Addr().Interface().(nodeDecoder).decodeNode(d, path, n)
	case t == dateType && n.kind == dateKind:
		d.unmarshal(path, n, v)
	case reflect.PointerTo(t).Implements(textType):
		if d.is(path, n, textKind, want) {
			d.unmarshal(path, n, v)
		}
	default:
		d.plain(path, n, v, want)
	}
}

func (d *decoder) plain(path string, n *node, v reflect.Value, want string) {
	switch v.Kind() {
	case reflect.Pointer:
		into := reflect.New(v.Type().Elem())
		d.value(path, n, into.Elem(), want)
		v.Set(into)
	case reflect.Struct:
		if d.is(path, n, tableKind, want) {
			d.table(path, n, v)
		}
	case reflect.Map:
		if d.is(path, n, tableKind, want) {
			d.entries(path, n, v)
		}
	case reflect.Slice:
		if d.is(path, n, listKind, want) {
			// Items that are wrong stay zero, so that the rest keep their
			// place beside their nodes. Empty is not nil: it was said.
			list := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
			for i, item := range n.items {
				d.value(path, item, list.Index(i), "")
			}
			v.Set(list)
		}
	case reflect.String:
		if d.is(path, n, textKind, want) {
			v.SetString(n.text)
		}
	case reflect.Bool:
		if d.is(path, n, boolKind, want) {
			v.SetBool(n.text == "true")
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if !d.is(path, n, intKind, want) {
			return
		}
		i, err := strconv.ParseInt(n.text, 0, 64)
		if err != nil || v.OverflowInt(i) {
			d.reportf(n.line, path, "%s is too large a number", quote(n.text))
			return
		}
		v.SetInt(i)
	default:
		d.reportf(n.line, path, "can't be configured: the program has a %s here, which no key can set; please report it", v.Type())
	}
}

// is reports a node of another kind than wanted.
func (d *decoder) is(path string, n *node, wanted kind, want string) bool {
	if n.kind == wanted {
		return true
	}
	if want == "" {
		want = string(wanted)
	}
	if wanted == textKind && n.kind != listKind && n.kind != tableKind {
		want += ", in quotes"
	}
	d.reportf(n.line, path, "is %s; want %s", n.kind, want)
	return false
}

func (d *decoder) unmarshal(path string, n *node, v reflect.Value) {
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.text)); err != nil {
		d.report(n.line, path, brief(err.Error()))
	}
}

// entries decodes a table whose keys are free into a map by name.
func (d *decoder) entries(path string, n *node, v reflect.Value) {
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.names)))
	for _, name := range n.names {
		entry := reflect.New(v.Type().Elem()).Elem()
		if entry.Kind() == reflect.Pointer && entry.Type() != nodeType {
			entry.Set(reflect.New(entry.Type().Elem()))
			if e, ok := entry.Interface().(defaulter); ok {
				e.setDefaults()
			}
			d.value(join(path, name), n.field[name], entry.Elem(), "")
		} else {
			d.value(join(path, name), n.field[name], entry, "")
		}
		v.SetMapIndex(reflect.ValueOf(name), entry)
	}
}

// table decodes a table into a struct: every key must be a field's.
func (d *decoder) table(path string, n *node, v reflect.Value) {
	var allowed []string
	fields := map[string]bool{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, option, _ := strings.Cut(f.Tag.Get("toml"), ",")
		if name == "" {
			continue
		}
		allowed, fields[name] = append(allowed, name), true
		want := f.Tag.Get("want")
		into, child := v.FieldByIndex(f.Index), n.field[name]
		switch {
		case child != nil:
			d.value(join(path, name), child, into, want)
		case option == "required":
			d.report(n.line, join(path, name), strings.TrimSuffix("is missing; want "+want, "; want "))
		case isSection(into.Type()):
			// A section that is not there: say which of its keys are needed.
			d.table(join(path, name), newTable(n.line, byChild), into)
		}
	}
	for _, name := range n.names {
		if !fields[name] {
			d.report(n.field[name].line, join(path, name), "unknown key; "+known(name, "allowed", allowed))
		}
	}
}
