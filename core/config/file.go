package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// entry is a value of the file and where it stands.
type entry struct{ value, where string }

func (l *loader) readFile() {
	text, err := os.ReadFile(l.in.File)
	if err != nil {
		l.add(l.in.FileWhere, fmt.Sprintf("the file %q cannot be read: %s", l.in.File, reason(err)), "check its name, and that this user may read it")
		return
	}
	entries, problems := parseFile(l.in.File, text)
	l.file = entries
	l.problems = append(l.problems, problems...)
}

// parseFile reads a TOML document of plain keys with strings, or lists of them, and gives
// every mistake with its line.
func parseFile(name string, text []byte) (map[string]entry, []Problem) {
	var document map[string]any
	if err := toml.Unmarshal(text, &document); err != nil {
		return nil, []Problem{syntaxProblem(name, err)}
	}
	known := map[string]bool{}
	for _, s := range Settings() {
		known[s.Key] = !s.NoFile
	}
	entries := map[string]entry{}
	var problems []Problem
	for _, key := range slices.SortedFunc(maps.Keys(document), byLine(string(text))) {
		where := at(name, lineOf(string(text), key))
		value, isText := textOf(document[key])
		switch {
		case !known[key]:
			problems = append(problems, Problem{where, fmt.Sprintf("there is no setting %q", key), "known are " + strings.Join(fileKeys(), ", ")})
		case !isText:
			problems = append(problems, Problem{where, fmt.Sprintf("the value of %s is no text", key), "put it into quotes"})
		default:
			entries[key] = entry{value, where}
		}
	}
	return entries, problems
}

// textOf gives a text, and a list of texts as one, with commas between them.
func textOf(value any) (text string, ok bool) {
	list, isList := value.([]any)
	if !isList {
		text, ok = value.(string)
		return text, ok
	}
	var texts []string
	for _, one := range list {
		text, ok := one.(string)
		if !ok || strings.Contains(text, ",") {
			return "", false
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ","), true
}

func syntaxProblem(name string, err error) Problem {
	line, text := 0, err.Error()
	if syntax, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ = syntax.Position()
		text = strings.TrimPrefix(syntax.Error(), "toml: ")
	}
	return Problem{at(name, line), "not valid TOML: " + text, `write each setting as key = "value"`}
}

func fileKeys() []string {
	var keys []string
	for _, s := range Settings() {
		if !s.NoFile {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

func at(name string, line int) string {
	if line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, line)
}

// lineOf finds the line that sets a key of the top level or opens its table; 0
// if it is written in some other way.
func lineOf(text, key string) int {
	number := 0
	for line := range strings.Lines(text) {
		number++
		head, _, _ := strings.Cut(strings.TrimLeft(strings.TrimSpace(line), "["), "=")
		head, _, _ = strings.Cut(head, "]")
		name := strings.Trim(strings.TrimSpace(head), `"'`)
		if name == key || strings.HasPrefix(name, key+".") {
			return number
		}
	}
	return 0
}

func byLine(text string) func(a, b string) int {
	return func(a, b string) int {
		return cmp.Or(cmp.Compare(lineOf(text, a), lineOf(text, b)), strings.Compare(a, b))
	}
}
