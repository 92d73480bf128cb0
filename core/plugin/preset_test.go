package plugin_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

const presetSchema = `{"type":"object","properties":{"n":{"type":"integer","minimum":1},"issuer":{"type":"string"},` +
	`"map":{"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"]}},"required":["n","issuer"],"additionalProperties":false}`

// TestPresets holds that a preset may leave to the operator what is required, and
// that the most that may be is accepted.
func TestPresets(t *testing.T) {
	var list []string
	for n := range 32 {
		list = append(list, `{"name":"p`+strconv.Itoa(n)+`","title":"`+strings.Repeat("ä", 64)+`","icon":"key","settings":{},"targets":["*.a.example","b.example:8443"]}`)
	}
	list[7] = `{"name":"part","title":"R&D <b>","settings":{"n":2,"map":{"a":"b"}},"targets":[]}`
	manifests := strings.Replace(manifestsOf(hook.ClaimsMap, "p"), `"settings":{"type":"object"}`,
		`"settings":`+presetSchema+`,"presets":[`+strings.Join(list, ",")+`]`, 1)
	trial, err := plugin.Try(t.Context(), guest{manifests: manifests, outputs: []string{`{}`}}.build(), plugin.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = trial.Close(t.Context()) }()
	presets := trial.Manifests()[0].Presets
	if len(presets) != 32 || presets[7].Title != "R&D <b>" || string(presets[7].Settings.AppendJSON(nil)) != `{"n":2,"map":{"a":"b"}}` {
		t.Errorf("%+v", presets)
	}
}
