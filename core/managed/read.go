package managed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// MaxFile is the size of a file in bytes.
const MaxFile = 8 << 20

// maxNodes and maxDepth bound what the aliases of a file may come to.
const (
	maxNodes = 200_000
	maxDepth = 32
)

// File is one to be read. Name is what it was called, "-" for what has no name.
type File struct {
	Name string
	Data []byte
}

// Secrets are where secrets come from: they never stand in a file itself.
type Secrets struct {
	// ReadFile gives the content of a file.
	ReadFile func(name string) ([]byte, error)
	// Env gives the value of a variable.
	Env func(name string) (string, bool)
}

// Files are files that were read.
type Files struct {
	Declarations []admin.Declaration
	files        []*reader
}

// Read reads the files. Whatever is wrong with their form is one [admin.InvalidError],
// whose problems begin with the file and the line.
func Read(files []File, secrets Secrets) (*Files, error) {
	read := &Files{}
	wrong := &mistakes{}
	declared := map[string]string{} // what, and where it was first
	for _, file := range files {
		r := &reader{name: file.Name, secrets: secrets, wrong: wrong, declared: declared, lines: map[string]int{}, document: map[string]any{}, counts: map[string]int{}}
		r.read(file.Data)
		read.files = append(read.files, r)
	}
	if len(wrong.all) > 0 {
		return nil, &admin.InvalidError{Problems: wrong.all}
	}
	declarations := make([]api.Declaration, len(read.files))
	for i, r := range read.files {
		if err := r.fill(&declarations[i]); err != nil {
			return nil, err
		}
	}
	var err error
	read.Declarations, err = wire.Declarations(declarations)
	return read, err
}

// SourceOf is how the file of that name is known if it does not say it itself.
func SourceOf(name string) string { return filepath.ToSlash(filepath.Clean(name)) }

// mistakes gathers what is wrong.
type mistakes struct{ all []admin.Problem }

// reader reads one file.
type reader struct {
	name     string
	secrets  Secrets
	wrong    *mistakes
	declared map[string]string
	lines    map[string]int // of each member, by its path
	document map[string]any // as [api.Declaration]
	counts   map[string]int // of objects in each list
	nodes    int            // looked at
	depth    int            // of what is looked at
}

// mistake says what is wrong at a node.
func (r *reader) mistake(at *yaml.Node, path, hint, format string, args ...any) {
	where := fmt.Sprintf("%s:%d: ", r.name, at.Line)
	if path != "" {
		where += path + ": "
	}
	r.wrong.all = append(r.wrong.all, admin.Problem{Field: path, Text: where + fmt.Sprintf(format, args...), Hint: hint})
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// read reads all documents of the file.
func (r *reader) read(data []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	documents := 0
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.unreadable(err)
			return
		}
		if documents++; len(node.Content) == 1 && !isNull(node.Content[0]) {
			r.top(node.Content[0])
		}
	}
	switch {
	case len(r.document) == 0 && len(r.wrong.all) == 0:
		r.mistake(&yaml.Node{Line: 1}, "", "to give up what it managed, run 'postern apply --release'", "the file says nothing")
	case r.document["source"] == nil && r.name == "-":
		r.mistake(&yaml.Node{Line: 1}, "source", "begin it with 'source: NAME', by which it is known the next time", "what is read from standard input does not say what it is called")
	case r.document["source"] == nil:
		r.document["source"] = SourceOf(r.name)
	}
	r.document["file"] = r.name
}

// unreadable tells where the text is no YAML.
func (r *reader) unreadable(err error) {
	line, text := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if parts := yamlLine.FindStringSubmatch(err.Error()); parts != nil {
		text = parts[2]
		if n, err := strconv.Atoi(parts[1]); err == nil {
			line = n
		}
	}
	r.mistake(&yaml.Node{Line: line}, "", "mind how far each line is indented", "the file is no YAML: %s", text)
}

// top reads a document.
func (r *reader) top(node *yaml.Node) {
	for _, m := range r.members(node, "") {
		kind := kindOf(m.name)
		switch {
		case kind != nil:
			r.list(kind, m.value)
		case m.name == "source":
			r.line("source", m.key)
			if value, ok := r.text(m.value, "source"); ok {
				r.document["source"] = value
			}
		default:
			r.unknown(m.key, "", m.name, append(listNames(), "source"))
		}
	}
}

// list reads the objects of a kind.
func (r *reader) list(kind *kind, node *yaml.Node) {
	node = r.follow(node)
	if isNull(node) {
		return
	}
	if node.Kind != yaml.SequenceNode {
		r.mistake(node, kind.list, "begin each of them with a hyphen", "this is no list")
		return
	}
	for _, item := range node.Content {
		path := fmt.Sprintf("%s[%d]", kind.list, r.counts[kind.list])
		r.counts[kind.list]++
		r.lines[path] = item.Line
		object := kind.read(r, item, path)
		list, _ := r.document[kind.list].([]any)
		r.document[kind.list] = append(list, object)
		r.once(kind, item, path, object)
	}
}

// once refuses what is declared already, in whichever file.
func (r *reader) once(kind *kind, at *yaml.Node, path string, object map[string]any) {
	name, _ := object["name"].(string)
	org, _ := object["organisation"].(string)
	keys := []string{}
	if id, _ := object["id"].(string); id != "" {
		keys = append(keys, kind.list+"\nid\n"+id)
	}
	if name == "" && len(keys) == 0 {
		r.mistake(at, path, "say what it is called: 'name: NAME'", "the name is missing")
		return
	}
	if kind.inOrganisation {
		if org == "" {
			org = "built-in"
		}
		name = org + "\n" + foldedName(kind, name)
	}
	if object["name"] != nil {
		keys = append(keys, kind.space+"\n"+name)
	}
	for _, key := range keys {
		if first, twice := r.declared[key]; twice {
			r.mistake(at, path, "leave one of them out", "this is declared already at %s", first)
			return
		}
	}
	for _, key := range keys {
		r.declared[key] = fmt.Sprintf("%s:%d", r.name, at.Line)
	}
}

func foldedName(kind *kind, name string) string {
	if kind.list == "clients" {
		return strings.ToLower(name)
	}
	return name
}

// fill gives what was read its type.
func (r *reader) fill(declaration *api.Declaration) error {
	text, err := json.Marshal(r.document)
	if err == nil {
		err = json.Unmarshal(text, declaration)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", r.name, err)
	}
	return nil
}

func (r *reader) line(path string, at *yaml.Node) { r.lines[path] = at.Line }

// Explain says of problems with what was declared at which line of which file that is.
func (f *Files) Explain(err error) error {
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok {
		return err
	}
	told := &admin.InvalidError{Problems: make([]admin.Problem, len(wrong.Problems))}
	for i, p := range wrong.Problems {
		told.Problems[i] = f.explain(p)
	}
	return told
}

var inFile = regexp.MustCompile(`^files\[(\d+)\]\.?(.*)$`)

func (f *Files) explain(p admin.Problem) admin.Problem {
	parts := inFile.FindStringSubmatch(p.Field)
	if parts == nil {
		return p
	}
	at, err := strconv.Atoi(parts[1])
	if err != nil || at >= len(f.files) {
		return p
	}
	r, path := f.files[at], parts[2]
	for place := path; ; {
		if line, known := r.lines[place]; known {
			p.Text = fmt.Sprintf("%s:%d: %s: %s", r.name, line, path, p.Text)
			return p
		}
		cut := strings.LastIndexAny(place, ".[")
		if cut < 0 {
			p.Text = fmt.Sprintf("%s: %s", r.name, p.Text)
			return p
		}
		place = place[:cut]
	}
}

// Source gives how a file is known, whatever else is in it.
func Source(file File) (string, error) {
	var said struct {
		Source string `yaml:"source"`
	}
	if err := yaml.Unmarshal(file.Data, &said); err != nil && said.Source == "" {
		r := &reader{name: file.Name, wrong: &mistakes{}}
		r.unreadable(err)
		return "", &admin.InvalidError{Problems: r.wrong.all}
	}
	if said.Source != "" {
		return said.Source, nil
	}
	return SourceOf(file.Name), nil
}
