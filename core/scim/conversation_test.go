package scim_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// TestConversations says what services say, in the order in which they say it, and expects
// what they do. A file of testdata/services is a service, one of testdata/rfc a section of
// the standard; the lines are
//
//	# what is said
//	> METHOD path?query     the request, the query not escaped
//	{...}                   its body
//	< 200                   the status that is expected
//	= name|0|name value     what stands in the answer, in JSON; null: nothing
//	$ name                  the id of the answer is {name} from here on
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) < 11 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { newConversation(t).run(file) })
	}
}

type conversation struct {
	*world
	names        map[string]string
	method, path string
	body         string
	answer       *answer
}

func newConversation(t *testing.T) *conversation {
	return &conversation{world: newWorld(t), names: map[string]string{}}
}

func (c *conversation) run(file string) {
	c.t.Helper()
	opened, err := os.Open(file)
	if err != nil {
		c.t.Fatal(err)
	}
	defer opened.Close()
	lines := bufio.NewScanner(opened)
	for at := 1; lines.Scan(); at++ {
		line := lines.Text()
		for name, id := range c.names {
			line = strings.ReplaceAll(line, "{"+name+"}", id)
		}
		if err := c.line(line); err != nil {
			c.t.Fatalf("%s:%d: %s: %v", filepath.Base(file), at, line, err)
		}
	}
	if err := lines.Err(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *conversation) line(line string) error {
	kind, rest, _ := strings.Cut(line, " ")
	switch {
	case line == "" || kind == "#":
		return nil
	case strings.HasPrefix(line, "{"):
		c.body = line
		return nil
	case kind == ">":
		method, path, _ := strings.Cut(rest, " ")
		c.method, c.path, c.body, c.answer = method, escaped(path), "", nil
		return nil
	case kind == "<":
		return c.expect(rest)
	case c.answer == nil:
		return fmt.Errorf("nothing was asked")
	case kind == "=":
		return c.compare(rest)
	case kind == "$":
		c.names[rest] = c.answer.id()
		return nil
	}
	return fmt.Errorf("what is this")
}

// escaped escapes a query as clients do.
func escaped(path string) string {
	path, query, _ := strings.Cut(path, "?")
	values := url.Values{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, is := strings.Cut(pair, "="); is {
			values.Set(name, value)
		}
	}
	return path + "?" + strings.ReplaceAll(values.Encode(), "+", "%20")
}

func (c *conversation) expect(status string) error {
	want, err := strconv.Atoi(status)
	if err != nil {
		return err
	}
	c.answer = c.ask(c.method, c.path, c.body, "Content-Type", "application/scim+json; charset=utf-8", "Accept", "application/scim+json")
	if c.answer.status != want {
		return fmt.Errorf("the answer is %d: %v", c.answer.status, c.answer.body)
	}
	return nil
}

func (c *conversation) compare(rest string) error {
	path, text, _ := strings.Cut(rest, " ")
	var want any
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		return err
	}
	value := c.answer.body
	for part := range strings.SplitSeq(path, "|") {
		switch at := value.(type) {
		case map[string]any:
			value = at[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(at) {
				value = nil
			} else {
				value = at[i]
			}
		default:
			value = nil
		}
	}
	if !reflect.DeepEqual(value, want) {
		return fmt.Errorf("it is %v in %v", value, c.answer.body)
	}
	return nil
}
