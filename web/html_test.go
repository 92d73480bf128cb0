package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func parse(t testing.TB, document string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func parseStories(t *testing.T) map[string]*html.Node {
	t.Helper()
	pages := newPages(t)
	documents := map[string]*html.Node{}
	for _, story := range everyStory() {
		documents[story.Name] = parse(t, render(t, pages, story.Page))
	}
	return documents
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, key string) bool {
	for _, a := range node.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func first(root *html.Node, tag string) *html.Node {
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == tag {
			return node
		}
	}
	return nil
}

func count(root *html.Node, tag string) int {
	found := 0
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && node.Data == tag {
			found++
		}
	}
	return found
}

func byID(root *html.Node, id string) *html.Node {
	for node := range root.Descendants() {
		if id != "" && attr(node, "id") == id {
			return node
		}
	}
	return nil
}

// text is what a node says, with its blanks folded; nothing for no node.
func text(node *html.Node) string {
	if node == nil {
		return ""
	}
	var words strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			words.WriteString(inner.Data)
		}
	}
	return strings.Join(strings.Fields(words.String()), " ")
}

// controls describes forms, inputs and buttons, a line each, in the order of the page.
func controls(root *html.Node) []string {
	var list []string
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		line := node.Data
		switch node.Data {
		case "form":
			line += " " + attr(node, "method") + " " + attr(node, "action")
		case "input", "button":
			line += " " + attr(node, "type")
			for _, key := range []string{"id", "name", "value", "autocomplete"} {
				if value := attr(node, key); value != "" {
					line += " " + key + "=" + value
				}
			}
			for _, key := range []string{"required", "formnovalidate", "autofocus"} {
				if has(node, key) {
					line += " " + key
				}
			}
		default:
			continue
		}
		list = append(list, line)
	}
	return list
}

// skeleton is the page without its words: elements and names of attributes.
func skeleton(root *html.Node) string {
	var lines strings.Builder
	depth := func(node *html.Node) (n int) {
		for node = node.Parent; node != nil; node = node.Parent {
			n++
		}
		return n
	}
	for node := range root.Descendants() {
		switch node.Type {
		case html.ElementNode:
			lines.WriteString(strings.Repeat(" ", depth(node)) + node.Data)
			for _, a := range node.Attr {
				lines.WriteString(" " + a.Key)
			}
			lines.WriteString("\n")
		case html.CommentNode:
			lines.WriteString("comment\n")
		}
	}
	return lines.String()
}
