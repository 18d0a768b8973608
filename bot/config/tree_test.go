package config

import (
	"fmt"
	"strings"
	"testing"

	toml "github.com/pelletier/go-toml/v2"
	"pgregory.net/rapid"
)

// Whatever breaks the grammar is told with the line on which somebody has to
// look, and nothing else: of half a file nothing can be said for sure.
func TestSyntaxIsToldByTheLineToLookAt(t *testing.T) {
	const top = "# a comment\n\n[store]\npath = \"a\" # 4\n"
	for _, tt := range []struct{ name, src, want string }{
		{"no value", top + "x =\ny = 1\n", "5: unexpected character U+000A at start of value"},
		{"no quotes", top + "x = 2s\n", "5: strings must be quoted"},
		{"word", top + "x = yes\n", "5: unexpected character U+0079 'y' at start of value"},
		{"no equals", top + "x\n", "5: expected '=' after key"},
		{"two values", top + "x = 1 2\n", "5: expected newline but got U+0032 '2'"},
		{"open text", top + "x = \"abc\ny = 1\n", "5: basic strings cannot have new lines"},
		{"open text, end of file", top + "x = \"abc", "5: unterminated basic string"},
		{"open header", top + "[a\nx = 1\n", "5: expected ']' to close table name"},
		{"open list, next key", top + "x = [\n  \"a\"\ny = 1\n", "7: expected ',' or ']' after array value (in what begins on line 5)"},
		{"open list, end of file", top + "x = [\n  \"a\",\n\n# the end\n", "5: array is incomplete"},
		{"open list, no line end", top + "x = [\n\"a\"", "5: array is incomplete"},
		{"open table", top + "# c\nx = { a = 1,\n\n", "6: inline table is incomplete"},
		{"open long text", top + "x = \"\"\"\nabc\n", "5: multiline basic string not terminated by \"\"\""},
		{"no key", top + " = 1\n", "5: invalid character at start of key: U+003D '='"},
		{"first line", "= 1\n", "1: invalid character at start of key: U+003D '='"},
		{"only a bracket", "[", "1: expected key but reached end of input"},
		{"Windows lines", "[store]\r\npath = \"a\"\r\nx = \r\n", "3: unexpected character U+000D at start of value"},
		{"control character", top + "x = \"a\x01b\"\n", "5: basic strings cannot have control characters"},
		{"YAML", "store:\n  path: a\n", "1: expected '=' after key"},
		{"too deep a list", top + "x = " + strings.Repeat("[", 20000), "5: arrays and inline tables are nested more than the maximum of 10000 levels deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("f", []byte(tt.src), ".", plugins())
			if want := "f:" + tt.want + "; nothing after it was read"; fmt.Sprint(err) != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestWhatIsDefinedTwiceIsToldWithBothLines(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"key", "a = 1\nb = 2\na = 3", "3: a: is set a second time, first on line 1; keep one of them"},
		{"quoted key", "a = 1\n\"a\" = 3", "2: a: is set a second time, first on line 1; keep one of them"},
		{"section", "[a]\n[b]\n[a]", "3: a: is defined a second time, first on line 1; put it all in one place"},
		{"key, then section", "a = 1\n[a]", "2: a: is already set on line 1, to a whole number; a section can't have the same name"},
		{"key, then subsection", "a = 1\n[a.b]", "2: a: is already set on line 1, to a whole number; a section can't have the same name"},
		{"section, then list", "[a]\n[[a]]", "2: a: is already one table, on line 1; a list of tables takes double brackets, [[…]], everywhere"},
		{"list, then section", "[[a]]\n[a]", "2: a: was begun as a list of tables on line 1; a further one takes double brackets, [[…]]"},
		{"complete list", "a = []\n[[a]]", "2: a: is already set on line 1, to a list; a section can't have the same name"},
		{"complete table", "a = {}\n[a.b]", "2: a: is already complete on line 1; add to it there"},
		{"dots into a complete table", "a = {}\na.b = 1", "2: a: is already defined on line 1; add to it there"},
		{"dots into a section", "[a.b]\n[a]\nb.c = 1", "3: a.b: is already defined on line 1; add to it there"},
		{"dots, then section", "[a]\nb.c = 1\n[a.b]", "3: a.b: is defined a second time, first on line 2; put it all in one place"},
		{"in an inline table", "a = { b = 1, b = 2 }", "1: a.b: is set a second time, first on line 1; keep one of them"},
		{"in a list", "a = [\n{},\n{ b.c = 1, b.c = 2 }]", "3: a.b.c: is set a second time, first on line 3; keep one of them"},
		{"in the second table of a list", "[[a]]\nb = 1\n[[a]]\nb = 1\nb = 2", "5: a.b: is set a second time, first on line 4; keep one of them"},
		{"deep section", "[" + strings.Repeat("a.", 16) + "a]\nb = 1", "1: a section's name of 17 parts; at most 16 are allowed"},
		{"deep key", "[s]\n" + strings.Repeat("a.", 16) + "a = 1", "2: s: a key of 17 parts; at most 16 are allowed"},
		{"odd key", "\"a\x7fb\" = 1\n\"a\x7fb\" = 1", ""},
		{"subsection first", "[a.b]\n[a]\nc = 1", ""},
		{"dots, then subsection", "[a]\nb.c = 1\n[a.b.d]", ""},
		{"dots twice", "a.b = 1\na.c = 1", ""},
		{"list of lists", "[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[a.b]", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			_, ok := readTree([]byte(tt.src), func(line int, key, text string) {
				got = append(got, strings.TrimPrefix(Problem{Line: line, Key: key, Text: text}.String(), ":"))
			})
			if tt.name == "odd key" { // no control characters in TOML, however quoted
				if ok {
					t.Error("a control character in a key was read")
				}
				return
			}
			if strings.Join(got, "\n") != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// What may be defined twice is the trickiest part of TOML; go-toml's own
// decoder, which stops at the first mistake, is the oracle for whether there is
// one.
func TestDefinitionsAgreeWithTheDecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "b", "c"})
		key := rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(name, 1, 3).Draw(t, "key"), ".")
		})
		line := rapid.Custom(func(t *rapid.T) string {
			k := key.Draw(t, "k")
			return rapid.SampledFrom([]string{
				"[" + k + "]", "[[" + k + "]]", k + " = 1", k + " = {}", k + " = []",
				k + " = { a.b = 1, " + key.Draw(t, "inner") + " = {} }", k + " = [{a = 1}, {" + key.Draw(t, "item") + " = 1}]",
			}).Draw(t, "line")
		})
		src := strings.Join(rapid.SliceOfN(line, 1, 7).Draw(t, "file"), "\n")
		problems := 0
		_, ok := readTree([]byte(src), func(int, string, string) { problems++ })
		var into map[string]any
		err := toml.Unmarshal([]byte(src), &into)
		if !ok || (problems == 0) != (err == nil) {
			t.Fatalf("%s\ngot %d problems, the decoder says %v", src, problems, err)
		}
	})
}
