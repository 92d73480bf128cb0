package web

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// everyBlock gives one of each type, with s in every field that somebody's words may come
// to, and each kind of input.
func everyBlock(s string) []Block {
	var blocks []Block
	for _, empty := range []Block{
		Message{}, Prose{}, Stats{}, Table{}, Details{}, Form{}, Checklist{}, Copies{}, Code{}, Log{}, Chart{}, Tally{}, Feed{}, Order{},
	} {
		value := reflect.New(reflect.TypeOf(empty)).Elem()
		fill(value, s)
		block := value.Interface().(Block)
		if form, is := block.(Form); is {
			sample := form.Groups[0].Inputs[0]
			form.Groups[0].Inputs = nil
			for _, kind := range []string{"text", "textarea", "secret", "select", "check", "checks", "radio", "file", s} {
				sample.Kind, sample.Name = kind, fmt.Sprint(s, len(form.Groups[0].Inputs))
				form.Groups[0].Inputs = append(form.Groups[0].Inputs, sample)
			}
			block = form
		}
		blocks = append(blocks, block)
	}
	return append(blocks, Live{ID: s, Blocks: slices.Clone(blocks[:1])}, Split{Main: slices.Clone(blocks[:1]), Side: slices.Clone(blocks[2:3])})
}

func everyConsole(s string) Console {
	value := reflect.New(reflect.TypeFor[Console]()).Elem()
	blocks := value.FieldByName("Blocks")
	for i := range value.NumField() {
		if value.Type().Field(i).Name != "Blocks" {
			fill(value.Field(i), s)
		}
	}
	blocks.Set(reflect.ValueOf(everyBlock(s)))
	return value.Interface().(Console)
}

// Names, descriptions and whatever else people typed are text on every block (CVE-2026-5468
// and its like: what is stored is shown to who may more).
func TestConsoleShowsHostileStringsAsText(t *testing.T) {
	pages := newPages(t)
	want := skeleton(parse(t, render(t, pages, everyConsole("harmless"))))
	for _, bad := range hostile {
		document := parse(t, render(t, pages, everyConsole(bad)))
		if got := skeleton(document); got != want {
			t.Errorf("with %q the page became\n%s\nwant\n%s", bad, got, want)
		}
		for node := range document.Descendants() {
			for _, key := range []string{"href", "src", "action"} {
				if strings.HasPrefix(attr(node, key), "javascript:") {
					t.Errorf("<%s %s=%q> runs script", node.Data, key, attr(node, key))
				}
			}
		}
	}
}

// Every block has a template, and the story book shows it.
func TestEveryBlockIsTold(t *testing.T) {
	told := map[string]bool{}
	var tell func(blocks []Block)
	tell = func(blocks []Block) {
		for _, b := range blocks {
			told[b.block()] = true
			if split, is := b.(Split); is {
				tell(split.Main)
				tell(split.Side)
			}
			if live, is := b.(Live); is {
				tell(live.Blocks)
			}
		}
	}
	for _, story := range ConsoleStories() {
		tell(story.Page.(Console).Blocks)
	}
	for _, b := range everyBlock("x") {
		if !told[b.block()] {
			t.Errorf("no story has a %s", b.block())
		}
		page := parse(t, render(t, newPages(t), Console{Title: "Page", Blocks: []Block{b}}))
		if main := first(page, "main"); count(main, "section")+count(main, "div")+count(main, "dl") < 3 {
			t.Errorf("%s shows nothing: %s", b.block(), text(main))
		}
	}
}

// Forms are sent with the step, by POST; searches by GET, without it.
func TestConsoleForms(t *testing.T) {
	for _, story := range ConsoleStories() {
		document := parse(t, render(t, newPages(t), story.Page))
		for form := range document.Descendants() {
			if form.Type != html.ElementNode || form.Data != "form" || byID(form, "logout") != nil {
				continue
			}
			steps := 0
			for node := range form.Descendants() {
				if node.Data == "input" && attr(node, "name") == "step" && attr(node, "value") == "signed-step" {
					steps++
				}
			}
			if post := attr(form, "method") == "post"; post && steps != 1 || !post && (steps != 0 || attr(form, "role") != "search") {
				t.Errorf("%s: a form to %s has %d steps", story.Name, attr(form, "action"), steps)
			}
		}
	}
}
