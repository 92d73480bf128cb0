package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	tree "text/template/parse"
)

// usage is what the sources say of messages: keys as they stand, and the beginnings and
// ends of keys that are put together.
type usage struct {
	words    map[string]bool     // every string
	keys     map[string]string   // that must exist, by where they stand
	pairs    map[string][]string // names that a template gives, by key
	prefixes map[string]bool     // "consent.scope_"
	suffixes map[string]bool     // "_hint"
}

// keyArguments are the functions that take a key, with its place among the arguments.
var keyArguments = map[string]int{"Text": 0, "HTML": 0, "Has": 0, "about": 0, "say": 1}

func readUsage(t *testing.T) *usage {
	t.Helper()
	u := &usage{map[string]bool{}, map[string]string{}, map[string][]string{}, map[string]bool{}, map[string]bool{}}
	pages := newPages(t)
	set, err := pages.sets["en"]()
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range set {
		for _, inner := range page.Templates() {
			if inner.Tree != nil {
				u.walk(inner.Tree.Root, inner.Name())
			}
		}
	}
	for _, mail := range []string{"mails/mail.html", "mails/mail.txt"} {
		content, err := fs.ReadFile(mailFiles, mail)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range strings.Split(string(content), `"`) {
			if i%2 == 1 {
				u.word(text) // it says .Say "mail.foot"
			}
		}
	}
	for _, room := range []string{".", "../core"} {
		err := filepath.WalkDir(room, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			return u.read(name)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return u
}

// walk reads a template. Its tree was rewritten to escape, which adds functions only.
func (u *usage) walk(node tree.Node, where string) {
	switch node := node.(type) {
	case *tree.ListNode:
		if node != nil {
			for _, inner := range node.Nodes {
				u.walk(inner, where)
			}
		}
	case *tree.ActionNode:
		u.walk(node.Pipe, where)
	case *tree.IfNode:
		u.branch(&node.BranchNode, where)
	case *tree.RangeNode:
		u.branch(&node.BranchNode, where)
	case *tree.WithNode:
		u.branch(&node.BranchNode, where)
	case *tree.TemplateNode:
		u.walk(node.Pipe, where)
	case *tree.PipeNode:
		if node != nil {
			for _, command := range node.Cmds {
				u.command(command, where)
			}
		}
	}
}

func (u *usage) branch(node *tree.BranchNode, where string) {
	u.walk(node.Pipe, where)
	u.walk(node.List, where)
	u.walk(node.ElseList, where)
}

func (u *usage) command(command *tree.CommandNode, where string) {
	var words []string
	for _, argument := range command.Args {
		u.walk(argument, where)
		if text, is := argument.(*tree.StringNode); is {
			words = append(words, text.Text)
			u.word(text.Text)
		}
	}
	name, is := command.Args[0].(*tree.IdentifierNode)
	switch {
	case is && name.Ident == "t" && len(command.Args) > 1:
		if key, plain := command.Args[1].(*tree.StringNode); plain {
			u.keys[key.Text] = where
			u.pairs[key.Text] = append(u.pairs[key.Text], words[1:]...)
		}
	case is && (name.Ident == "print" || name.Ident == "printf") && len(words) > 0:
		u.prefixes[strings.TrimSuffix(words[0], "%s")] = true
	}
}

// word notes a string that may be a key, a part of one, or a reason that one is made of.
func (u *usage) word(text string) { u.words[text] = true }

func (u *usage) read(name string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.BasicLit:
			if text, is := literal(node); is {
				u.word(text)
			}
		case *ast.BinaryExpr:
			if text, is := literal(node.X); is && node.Op == token.ADD {
				u.prefixes[text] = true
			}
			if text, is := literal(node.Y); is && node.Op == token.ADD && strings.HasPrefix(text, "_") {
				u.suffixes[text] = true
			}
		case *ast.CallExpr:
			at, takes := keyArguments[called(node)]
			if text, is := "", false; takes && at < len(node.Args) {
				if text, is = literal(node.Args[at]); is {
					u.keys[text] = name
				}
			}
		}
		return true
	})
	return nil
}

func called(call *ast.CallExpr) string {
	if selector, is := call.Fun.(*ast.SelectorExpr); is {
		return selector.Sel.Name
	}
	return ""
}

func literal(node ast.Node) (string, bool) {
	basic, is := node.(*ast.BasicLit)
	if !is || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// used reports whether a key stands somewhere, or can be put together of what does.
func (u *usage) used(key string) bool {
	if u.words[key] {
		return true
	}
	for suffix := range u.suffixes {
		if rest, has := strings.CutSuffix(key, suffix); has && strings.Contains(rest, ".") && u.used(rest) {
			return true
		}
	}
	for prefix := range u.prefixes {
		if rest, has := strings.CutPrefix(key, prefix); has && strings.Contains(prefix, ".") && u.known(rest) {
			return true
		}
	}
	return false
}

// known reports whether a rest is made of words that stand somewhere: "form", "form_email".
func (u *usage) known(rest string) bool {
	if _, err := strconv.Atoi(rest); err == nil || u.words[rest] {
		return true
	}
	for at, r := range rest {
		if r == '_' && u.words[rest[:at]] && u.known(rest[at+1:]) {
			return true
		}
	}
	return false
}

// TestKeys: every key that is asked for exists, nothing is there that nobody asks for, and
// templates give the placeholders that the message has.
func TestKeys(t *testing.T) {
	messages, u := writtenIn(t, "en"), readUsage(t)
	if len(u.keys) < 200 {
		t.Fatalf("read %d keys", len(u.keys))
	}
	for key, where := range u.keys {
		message, exists := messages[key]
		if part, _, dotted := strings.Cut(key, "."); !exists && dotted && slices.Contains(partsOf(messages), part) && !strings.HasSuffix(key, "_") && !strings.HasSuffix(key, ".") {
			t.Errorf("%s: there is no message %s", where, key)
		}
		for _, name := range message.placeholders() {
			if given, inTemplate := u.pairs[key]; inTemplate && !slices.Contains(given, strings.Trim(name, "{}")) {
				t.Errorf("%s: %s needs %s", where, key, name)
			}
		}
	}
	for key := range messages {
		if !u.used(key) {
			t.Errorf("nobody asks for %s", key)
		}
	}
}

func partsOf(messages map[string]written) (list []string) {
	for key := range messages {
		part, _, _ := strings.Cut(key, ".")
		list = append(list, part)
	}
	return list
}

func TestKeysAreMissed(t *testing.T) {
	u := &usage{words: map[string]bool{"login.lead": true, "form": true, "email": true, "login.title": true}, prefixes: map[string]bool{"problem.": true, "x": true}, suffixes: map[string]bool{"_hint": true}}
	for key, want := range map[string]bool{
		"login.lead": true, "login.lead_hint": true, "login.led": false, "problem.form": true, "problem.form_email": true, "problem.form_phone": false, "xform": false,
	} {
		if u.used(key) != want {
			t.Errorf("%s: used is %v", key, !want)
		}
	}
	if _, err := os.Stat("../core/httpd"); err != nil {
		t.Error(err)
	}
}
