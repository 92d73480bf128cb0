package managed

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// member is one of a mapping.
type member struct {
	name       string
	key, value *yaml.Node
}

// members gives those of a mapping, each once.
func (r *reader) members(node *yaml.Node, path string) []member {
	node = r.follow(node)
	if node.Kind != yaml.MappingNode {
		r.mistake(node, path, "write 'name: value' in a line for each member", "this has no members")
		return nil
	}
	var all []member
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := r.follow(node.Content[i]), node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str":
			r.mistake(key, path, "write a word before the colon", "a member has no name")
		case slices.ContainsFunc(all, func(m member) bool { return m.name == key.Value }):
			r.mistake(key, join(path, key.Value), "leave one of them out", "the member is there twice")
		default:
			all = append(all, member{key.Value, key, value})
		}
	}
	return all
}

// follow gives what an alias stands for. What refers to itself ends somewhere.
func (r *reader) follow(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		if r.spent(node) {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: node.Line}
		}
		node = node.Alias
	}
	if r.spent(node) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: node.Line}
	}
	return node
}

// spent counts what is read, and tells once that it is too much.
func (r *reader) spent(at *yaml.Node) bool {
	if r.nodes++; r.nodes == maxNodes+1 {
		r.mistake(at, "", "write less by aliases", "the file comes to more than %d values", maxNodes)
	}
	return r.nodes > maxNodes
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

// text reads a text.
func (r *reader) text(node *yaml.Node, path string) (string, bool) {
	node = r.follow(node)
	switch {
	case node.Kind != yaml.ScalarNode:
		r.mistake(node, path, "write it as one value", "this is no text")
	case node.Tag != "!!str":
		r.mistake(node, path, "put quotes around it", "%s is no text", shortened(node.Value))
	default:
		return node.Value, true
	}
	return "", false
}

// texts reads a list of texts.
func (r *reader) texts(node *yaml.Node, path string) []string {
	node = r.follow(node)
	if node.Kind != yaml.SequenceNode {
		r.mistake(node, path, "begin each value with a hyphen, or write [one, two]", "this is no list")
		return nil
	}
	all := []string{}
	for i, item := range node.Content {
		inner := fmt.Sprintf("%s[%d]", path, i)
		r.lines[inner] = item.Line
		if value, ok := r.text(item, inner); ok {
			all = append(all, value)
		}
	}
	return all
}

func (r *reader) boolean(node *yaml.Node, path string) any {
	node = r.follow(node)
	var value bool
	if node.Kind != yaml.ScalarNode || node.Tag != "!!bool" || node.Decode(&value) != nil {
		r.mistake(node, path, "write true or false", "%s is neither true nor false", shortened(node.Value))
		return nil
	}
	return value
}

func (r *reader) number(node *yaml.Node, path string) any {
	node = r.follow(node)
	var value int64
	if node.Kind != yaml.ScalarNode || node.Tag != "!!int" || node.Decode(&value) != nil {
		r.mistake(node, path, "write it in digits", "%s is no whole number", shortened(node.Value))
		return nil
	}
	return value
}

// anything reads what only somebody else knows the form of, as JSON.
func (r *reader) anything(node *yaml.Node, path string) any {
	node = r.follow(node)
	if r.depth++; r.depth > maxDepth {
		if r.nodes <= maxNodes {
			r.mistake(node, "", "write it flatter", "values are more than %d deep in each other", maxDepth)
			r.nodes = maxNodes + 1 // the rest is not looked at
		}
		r.depth--
		return nil
	}
	defer func() { r.depth-- }()
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for _, m := range r.members(node, path) {
			inner := join(path, m.name)
			r.line(inner, m.key)
			object[m.name] = r.anything(m.value, inner)
		}
		return object
	case yaml.SequenceNode:
		list := []any{}
		for i, item := range node.Content {
			list = append(list, r.anything(item, fmt.Sprintf("%s[%d]", path, i)))
		}
		return list
	}
	return r.scalar(node, path)
}

func (r *reader) scalar(node *yaml.Node, path string) any {
	switch node.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return r.boolean(node, path)
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
		var value float64
		if node.Decode(&value) == nil {
			if text := strconv.FormatFloat(value, 'g', -1, 64); json.Valid([]byte(text)) {
				return json.Number(text)
			}
		}
		r.mistake(node, path, "put quotes around it, or write it as a number", "%s is no number of JSON", shortened(node.Value))
		return nil
	}
	return node.Value
}

// unknown tells of a member that there is not, and of the one that may be meant.
func (r *reader) unknown(at *yaml.Node, path, name string, known []string) {
	slices.Sort(known)
	hint := "there are " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		hint = "did you mean " + near + "?"
	} else if len(known) > 12 {
		hint = "the members are those of the REST API: /api/v1/openapi.json lists them"
	}
	r.mistake(at, path, hint, "there is no member %q", shortened(name))
}

// nearest gives the word that differs least, if that is little.
func nearest(word string, known []string) string {
	best, most := "", 1+len(word)/3
	for _, other := range known {
		if d := distance(word, other); d <= most {
			best, most = other, d-1
		}
	}
	return best
}

// distance is how many letters are put in, left out or exchanged (Levenshtein).
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func shortened(text string) string {
	const most = 60
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
