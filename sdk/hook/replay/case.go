package replay

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Case is a test of one call of a hook. Of Output, OutputText and Fails exactly one
// is given.
type Case struct {
	File   string // where it was read from; no part of the text
	Name   string
	Plugin string // id; empty: the module's only one
	Hook   string
	Input  hook.Value
	Calls  []hook.HostCall
	Output hook.Value // an object; null if it is not given
	// OutputText is the exact bytes of the document, of account.shape/v1 only.
	OutputText string
	Fails      string // part of the reason
}

// ParseCase reads the text of a case. Unknown members are refused.
func ParseCase(data []byte) (*Case, error) {
	object, err := hook.ParseObject(data)
	if err != nil {
		return nil, err
	}
	c := &Case{}
	for _, member := range object {
		if err := c.set(member.Name, member.Value); err != nil {
			return nil, err
		}
	}
	return c, c.check()
}

func (c *Case) set(name string, v hook.Value) (err error) {
	kind := hook.KindString
	switch name {
	case "name":
		c.Name = v.Text()
	case "plugin":
		c.Plugin = v.Text()
	case "hook":
		c.Hook = v.Text()
	case "output_text":
		c.OutputText = v.Text()
	case "fails":
		c.Fails = v.Text()
	case "input":
		c.Input, kind = v, hook.KindObject
	case "output":
		c.Output, kind = v, hook.KindObject
	case "calls":
		kind = hook.KindArray
		if c.Calls, err = hook.ParseHostCalls(v.AppendJSON(nil)); err != nil {
			return fmt.Errorf("calls: %w", err)
		}
	default:
		return fmt.Errorf("unknown member %q", name)
	}
	if v.Kind() != kind {
		return fmt.Errorf("%s has the wrong type", name)
	}
	return nil
}

func (c *Case) check() error {
	expectations := 0
	for _, given := range []bool{c.Output.Kind() == hook.KindObject, c.OutputText != "", c.Fails != ""} {
		if given {
			expectations++
		}
	}
	switch {
	case c.Name == "":
		return errors.New("name must say what the case tests")
	case !slices.Contains(hook.Names[:], c.Hook):
		return fmt.Errorf("there is no hook %q", c.Hook)
	case c.Input.Kind() != hook.KindObject:
		return errors.New("input must be an object")
	case expectations != 1:
		return errors.New("exactly one of output, output_text and fails must be given")
	case c.OutputText != "" && c.Hook != hook.AccountShape:
		return errors.New("output_text is for account.shape/v1 only")
	}
	return nil
}

// AppendJSON appends the text of the case.
func (c *Case) AppendJSON(dst []byte) []byte {
	o := hook.Object{{Name: "name", Value: hook.String(c.Name)}}
	if c.Plugin != "" {
		o.Set("plugin", hook.String(c.Plugin))
	}
	o.Set("hook", hook.String(c.Hook))
	o.Set("input", c.Input)
	if len(c.Calls) > 0 {
		var calls []hook.Value
		for i := range c.Calls {
			call := &c.Calls[i]
			calls = append(calls, hook.FromObject(hook.Object{
				{Name: "capability", Value: hook.String(call.Capability)},
				{Name: "request", Value: call.Request},
				{Name: "answer", Value: call.Answer},
			}))
		}
		o.Set("calls", hook.Array(calls...))
	}
	switch {
	case c.Fails != "":
		o.Set("fails", hook.String(c.Fails))
	case c.OutputText != "":
		o.Set("output_text", hook.String(c.OutputText))
	default:
		o.Set("output", hook.FromObject(c.Output.Object()))
	}
	return o.AppendJSON(dst)
}

// Load reads the cases of a folder: the files whose names end in .json, sorted by
// name. The error names the file.
func Load(folder fs.FS) ([]Case, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("test cases: %w", err)
	}
	var cases []Case
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		data, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return nil, fmt.Errorf("test cases: %w", err)
		}
		c, err := ParseCase(data)
		if err != nil {
			return nil, fmt.Errorf("test case %s: %w", entry.Name(), err)
		}
		c.File = entry.Name()
		cases = append(cases, *c)
	}
	return cases, nil
}

// Find gives the positions that postern_call takes: of the plugin in its module, of
// the hook in its manifest.
func (c *Case) Find(manifests []hook.Manifest) (plugin, number int, err error) {
	plugin = slices.IndexFunc(manifests, func(m hook.Manifest) bool { return m.ID == c.Plugin })
	if c.Plugin == "" && len(manifests) == 1 {
		plugin = 0
	}
	if plugin < 0 {
		return 0, 0, fmt.Errorf("the module has no plugin %q: plugin names one of its %d", c.Plugin, len(manifests))
	}
	number = slices.Index(manifests[plugin].Hooks, c.Hook)
	if number < 0 {
		return 0, 0, fmt.Errorf("the plugin %s does not implement %s", manifests[plugin].ID, c.Hook)
	}
	return plugin, number, nil
}

// Check compares what the plugin gave, or the failure of the call, with what the
// case expects. The error says where they differ first.
func (c *Case) Check(given []byte, failure error) error {
	switch {
	case c.Fails != "" && failure == nil:
		return fmt.Errorf("the call must fail with %q, and gave %s", c.Fails, shortText(given))
	case c.Fails != "":
		if !strings.Contains(failure.Error(), c.Fails) {
			return fmt.Errorf("the call must fail with %q, and failed with %q", c.Fails, failure.Error())
		}
		return nil
	case failure != nil:
		return fmt.Errorf("the call failed: %w", failure)
	}
	mismatches, err := c.Compare(given)
	if err != nil || len(mismatches) == 0 {
		return err
	}
	return errors.New(mismatches[0].String())
}

// Compare gives the places, at most 100, in which an output is not the one that the
// case expects. The error says why the host, or the case itself, is no good.
func (c *Case) Compare(given []byte) ([]Mismatch, error) {
	const most = 100
	got, err := output(c.Hook, given)
	if err != nil {
		return nil, fmt.Errorf("the host refuses the output %s: %w", shortText(given), err)
	}
	if c.OutputText != "" {
		return c.compareText(string(given)), nil
	}
	want, err := output(c.Hook, c.Output.AppendJSON(nil))
	if err != nil {
		return nil, fmt.Errorf("the output of the case is wrong: %w", err)
	}
	var mismatches []Mismatch
	for m := range Differences("output", want, got) {
		if mismatches = append(mismatches, m); len(mismatches) == most {
			break
		}
	}
	return mismatches, nil
}

// compareText shows both texts from a little before the byte in which they differ.
func (c *Case) compareText(got string) []Mismatch {
	if got == c.OutputText {
		return nil
	}
	at := 0
	for at < len(got) && at < len(c.OutputText) && got[at] == c.OutputText[at] {
		at++
	}
	const before, most = 20, 120 // bytes
	part := func(text string) string {
		from := max(at-before, 0)
		return short(hook.String(text[from:min(from+most, len(text))]))
	}
	return []Mismatch{{"output_text, at byte " + strconv.Itoa(at), part(c.OutputText), part(got)}}
}
