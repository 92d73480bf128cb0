package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/workbench"
)

// This file has 'postern plugin test'. A file that is named after it would be a test
// of Go.

// testView is a run of tests as JSON.
type testView struct {
	Native *nativeView `json:"native"` // null: they were not run
	Module string      `json:"module"`
	Cases  []caseView  `json:"cases"`
	Passed int         `json:"passed"`
	Failed int         `json:"failed"`
}

type nativeView struct {
	Command []string `json:"command"`
	OK      bool     `json:"ok"`
}

type caseView struct {
	File        string         `json:"file"`
	Name        string         `json:"name"`
	OK          bool           `json:"ok"`
	Updated     bool           `json:"updated"`
	Problem     string         `json:"problem"` // empty: the differences say it
	Differences []mismatchView `json:"differences"`
	Log         []string       `json:"log"`
	Fuel        int64          `json:"fuel"`
	Took        int64          `json:"took_ns"`
}

// mismatchView has what was expected and what was given as JSON text; null where
// there is nothing.
type mismatchView struct {
	Path string  `json:"path"`
	Want *string `json:"want"`
	Got  *string `json:"got"`
}

func viewCase(v *workbench.Verdict) caseView {
	view := caseView{v.File, v.Name, v.OK, v.Updated, v.Problem, []mismatchView{}, logLines(v.Log), v.Fuel, int64(v.Took)}
	for _, m := range v.Differences {
		view.Differences = append(view.Differences, mismatchView{m.Path, textOrNil(m.Want), textOrNil(m.Got)})
	}
	return view
}

func textOrNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// testRun says what is tested.
type testRun struct {
	project *workbench.Project // nil: a module alone
	module  string
	cases   string

	native, sandbox bool
	update          bool
}

func (p *program) pluginTest() *cobra.Command {
	var t testRun
	var native, sandbox bool
	c := &cobra.Command{
		Use: "test [DIR|FILE]", Short: "test a plugin: natively, and its cases in the sandbox", Args: atMostOne("DIR|FILE"),
		Long: "Test a plugin. DIR is a project, else this folder: its own tests are run, the\nmodule is built, and the files in cases are run in the sandbox, where what the\nplugin asks the host for is played from them. FILE is a module alone.",
		Example: "  postern plugin test\n" +
			"  postern plugin test plugin.wasm --cases cases\n" +
			"  postern plugin test --sandbox-only --update",
	}
	c.Flags().StringVar(&t.cases, "cases", "", "`FOLDER` with the cases (default: cases, in the project or beside the module)")
	c.Flags().BoolVar(&native, "native", false, "run the project's own tests only")
	c.Flags().BoolVar(&sandbox, "sandbox-only", false, "run the cases in the sandbox only")
	c.Flags().BoolVar(&t.update, "update", false, "let cases that fail expect what the plugin gives now")
	c.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case native && sandbox:
			return usagef("give one of them", "--native and --sandbox-only exclude each other")
		case native && (t.update || t.cases != ""):
			return usagef("leave out --native", "the project's own tests know neither --cases nor --update")
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		t.native, t.sandbox = !sandbox, !native
		if err := t.find(firstOr(args, ".")); err != nil {
			return err
		}
		return p.test(c.Context(), &t)
	}
	return c
}

// find finds out whether a project, its folder of cases, or a module was named.
func (t *testRun) find(name string) (err error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return unreadable(err)
	case !info.IsDir():
		t.module = name
		if t.native && !t.sandbox {
			return usagef("name the folder of the project", "a module has no tests of its own")
		}
		if t.cases == "" {
			t.cases = filepath.Join(filepath.Dir(name), "cases")
		}
		return nil
	}
	t.project, err = workbench.OpenProject(name)
	if outer, wrong := workbench.OpenProject(filepath.Join(name, "..")); err != nil && wrong == nil && t.cases == "" {
		t.project, err, t.cases = outer, nil, name
	}
	if err != nil {
		return err
	}
	t.module = t.project.ModuleFile()
	if t.cases == "" {
		t.cases = t.project.CasesDir()
	}
	return nil
}

// test runs what is to be run, all of it, and fails if anything of it did.
func (p *program) test(ctx context.Context, t *testRun) error {
	view := testView{Module: t.module, Cases: []caseView{}}
	var failures []string
	if t.native && t.project != nil {
		failure, err := p.testNatively(ctx, t, &view)
		if err != nil {
			return err
		}
		failures = append(failures, failure...)
	}
	if t.sandbox {
		if err := p.testCases(ctx, t, &view); err != nil {
			return err
		}
		if view.Failed > 0 {
			failures = append(failures, fmt.Sprintf("%d of %d cases failed", view.Failed, view.Failed+view.Passed))
		}
	}
	if p.json {
		if err := p.print(view, nil); err != nil {
			return err
		}
	}
	switch {
	case len(failures) > 0:
		return failf(t.hint(), "%s", strings.Join(failures, "; "))
	case t.sandbox && !p.json && view.Passed == 1:
		p.note("1 case passed")
	case t.sandbox && !p.json:
		p.note("all %d cases passed", view.Passed)
	}
	return nil
}

// testNatively runs the project's own tests. They stop the rest only if there is
// none.
func (p *program) testNatively(ctx context.Context, t *testRun, view *testView) (failures []string, err error) {
	err = t.project.TestNatively(ctx, p.Err)
	switch {
	case ctx.Err() != nil, err != nil && !t.sandbox:
		return nil, err
	case errors.Is(err, workbench.ErrNoTests):
		p.note("note: %s", err)
		return nil, nil
	}
	view.Native = &nativeView{t.project.Test, err == nil}
	p.verdict(err == nil, "native", strings.Join(t.project.Test, " "))
	if err != nil {
		failures = append(failures, err.Error())
	}
	return failures, nil
}

func (t *testRun) hint() string {
	if t.update {
		return "a call that fails, or that is not as it was recorded, is not what a case should expect: look at the plugin"
	}
	return "correct the plugin, or, if it is right, let the cases expect what it gives with --update"
}

func (p *program) testCases(ctx context.Context, t *testRun, view *testView) error {
	if t.project != nil {
		if err := t.project.Make(ctx, p.Err); err != nil {
			return err
		}
	}
	files, err := workbench.Cases(t.cases)
	if err != nil {
		return err
	}
	progress := p.progress()
	defer progress.clear()
	progress.say("loading %s", t.module)
	module, err := workbench.Open(ctx, t.module, nil)
	if err != nil {
		return err
	}
	defer module.Close()
	for n, file := range files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		progress.say("case %d of %d: %s", n+1, len(files), file)
		v := module.Test(ctx, file, t.update)
		view.Cases = append(view.Cases, viewCase(&v))
		if v.OK {
			view.Passed++
		} else {
			view.Failed++
		}
		progress.clear()
		p.reportCase(&v)
	}
	return nil
}

// verdict prints a line about something that was tested.
func (p *program) verdict(ok bool, what, name string) {
	if p.json {
		return
	}
	word := "ok  "
	if !ok {
		word = "FAIL"
	}
	fmt.Fprintf(p.Out, "%s  %s  %s\n", word, oneLine(what), oneLine(name))
}

// reportCase prints the result of a case.
func (p *program) reportCase(v *workbench.Verdict) {
	name := v.Name
	if v.Updated {
		name += " (updated)"
	}
	p.verdict(v.OK, v.File, name)
	if p.json || v.OK {
		return
	}
	if v.Problem != "" {
		fmt.Fprintf(p.Out, "      %s\n", oneLine(v.Problem))
	}
	for _, m := range v.Differences {
		fmt.Fprintf(p.Out, "      %s\n", oneLine(m.Path))
		fmt.Fprintf(p.Out, "        want %s\n", orNothing(m.Want))
		fmt.Fprintf(p.Out, "        got  %s\n", orNothing(m.Got))
	}
	for _, line := range logLines(v.Log) {
		fmt.Fprintf(p.Out, "      log: %s\n", oneLine(line))
	}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return oneLine(text)
}
