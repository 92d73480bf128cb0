package workbench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// Verdict is the result of a case.
type Verdict struct {
	File string
	Name string // of the case; empty if the file cannot be read
	OK   bool
	// Differences are where the output is another; Problem is whatever else is wrong.
	Differences []replay.Mismatch
	Problem     string
	Updated     bool // the file expects now what the plugin gives
	Log         string
	Fuel        int64
	Took        time.Duration
}

// Cases lists the files of a folder that are cases, sorted.
func Cases(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, wrong("name it with --cases, or write the first case into it: sdk/abi.md section 10 shows one", "there is no folder %s with cases", dir)
	case err != nil:
		return nil, wrong("name a folder with --cases", "cannot read the cases in %s: %s", dir, bare(err))
	}
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && strings.HasSuffix(entry.Name(), ".json") && entry.Name() != projectFile {
			files = append(files, filepath.Join(dir, entry.Name()))
		}
	}
	if len(files) == 0 {
		return nil, wrong("a case is a file that ends in .json: sdk/abi.md section 10 shows one, and 'postern plugin record' writes one", "there are no cases in %s", dir)
	}
	return files, nil
}

// Test runs a case. With update the file is changed to expect what the plugin gives,
// if that can be expected.
func (m *Module) Test(ctx context.Context, file string, update bool) Verdict {
	v := Verdict{File: filepath.Base(file)}
	text, err := readFile(file, maxMessage)
	if err != nil {
		v.Problem = err.Error()
		return v
	}
	c, err := replay.ParseCase(text)
	if err != nil {
		v.Problem = "it is no case: " + plugin.Placed(text, "", err).Error()
		return v
	}
	v.Name = c.Name
	ran, err := m.play(ctx, c)
	v.Log, v.Fuel, v.Took = ran.Log, ran.Fuel, ran.Took
	v.judge(c, &ran, err)
	if update && !v.OK {
		v.update(file, text, c, &ran, err)
	}
	return v
}

// play makes the call of a case.
func (m *Module) play(ctx context.Context, c *replay.Case) (plugin.Ran, error) {
	return m.trial.Run(ctx, plugin.Run{Plugin: c.Plugin, Hook: c.Hook, Input: c.Input.AppendJSON(nil), Plays: c.Calls})
}

// judge compares what the plugin did with what the case expects.
func (v *Verdict) judge(c *replay.Case, ran *plugin.Ran, err error) {
	failure, failed := errors.AsType[*plugin.CallError](err)
	switch {
	case err != nil && !failed: // the case does not suit the module
		v.Problem = err.Error()
	case failed && failure.Reason == plugin.ReasonPlay:
		v.Problem = failure.Cause.Error()
	case c.Fails != "" && ran.Left != nil:
		v.Problem = ran.Left.Error()
	case c.Fails != "" && err == nil:
		v.Problem = fmt.Sprintf("it must fail with %q, and gave %s", c.Fails, shown(ran.Output))
	case c.Fails != "":
		if v.OK = strings.Contains(reasonOf(failure), c.Fails); !v.OK {
			v.Differences = []replay.Mismatch{{Path: "fails", Want: quoted(c.Fails), Got: quoted(reasonOf(failure))}}
		}
	case err != nil:
		v.Problem = explain(err, false).Error()
	default:
		if v.Differences, err = c.Compare(ran.Output); err != nil {
			v.Problem = err.Error()
		}
		v.OK = len(v.Differences) == 0 && err == nil
	}
}

// reasonOf is what a case compares with the reason that it expects. What the plugin
// says stands alone, so that its native tests compare the same.
func reasonOf(failure *plugin.CallError) string {
	switch {
	case failure.Claim != "":
		return string(failure.Reason) + ": the claim " + failure.Claim + " is the host's"
	case failure.Cause == nil:
		return string(failure.Reason)
	case failure.Reason == plugin.ReasonRefused:
		return strings.TrimPrefix(failure.Cause.Error(), "the plugin says: ")
	}
	return string(failure.Reason) + ": " + failure.Cause.Error()
}

func quoted(text string) string { return string(hook.String(text).AppendJSON(nil)) }

// shown is an output as far as one reads it in a line.
func shown(output []byte) string {
	const most = 300
	text := string(output)
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
