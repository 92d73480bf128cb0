package workbench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// update makes the file expect what the plugin gives. A call that failed where the
// case expects an output stays a failure: a broken plugin must not become what is
// expected of it.
func (v *Verdict) update(file string, text []byte, c *replay.Case, ran *plugin.Ran, err error) {
	failure, failed := errors.AsType[*plugin.CallError](err)
	name, value := "output", ran.Output
	switch {
	case err != nil && !(failed && c.Fails != "" && failure.Reason == plugin.ReasonRefused && ran.Left == nil):
		return
	case err != nil:
		name, value = "fails", []byte(quoted(reasonOf(failure)))
	case c.OutputText != "":
		name, value = "output_text", []byte(quoted(string(ran.Output)))
	case len(bytes.TrimSpace(ran.Output)) == 0:
		value = []byte("{}")
	}
	changed, err := replaceMember(text, name, value, "output", "output_text", "fails")
	if err == nil {
		err = os.WriteFile(file, changed, 0o644)
	}
	if err != nil {
		v.Problem = fmt.Sprintf("it cannot be changed: %s", bare(err))
		return
	}
	v.OK, v.Updated, v.Differences, v.Problem = true, true, nil, ""
}

// replaceMember puts a member of the object in text in the place of the first of
// those that are named. All other bytes stay.
func replaceMember(text []byte, name string, value []byte, old ...string) ([]byte, error) {
	parsed, err := hook.Parse(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		end := int(decoder.InputOffset()) // of the name
		var skipped json.RawMessage
		if err := decoder.Decode(&skipped); err != nil {
			return nil, err
		}
		word, _ := key.(string)
		if !slices.Contains(old, word) {
			continue
		}
		begin := bytes.LastIndexByte(text[:end-1], '"')
		changed := append(append([]byte{}, text[:begin]...), quoted(name)+": "...)
		changed = appendPretty(changed, parsed, indentAt(text, begin))
		return append(changed, text[decoder.InputOffset():]...), nil
	}
	return nil, errors.New("it has none of the members that say what is expected")
}

// indentAt gives the spaces before the first thing in the line of a byte.
func indentAt(text []byte, at int) string {
	line := text[bytes.LastIndexByte(text[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
