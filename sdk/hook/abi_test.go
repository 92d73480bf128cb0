package hook_test

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// TestNormativeText holds that sdk/abi.md names every member of every message,
// every hook and every claim of the host.
func TestNormativeText(t *testing.T) {
	data, err := os.ReadFile("../abi.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	names := map[string]bool{hook.ClaimsMap: true, hook.AccountShape: true, hook.ScopePolicy: true}
	for _, claim := range hook.Protected {
		names[claim] = true
	}
	for _, m := range messages() {
		maps.Copy(names, membersByTag(reflect.TypeOf(m.message).Elem()))
	}
	maps.Copy(names, membersByTag(reflect.TypeFor[hook.Manifest]()))
	for name := range names {
		name = name[strings.LastIndexByte(name, '.')+1:]
		if !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, `"`+name+`"`) && !strings.Contains(text, "."+name) {
			t.Errorf("sdk/abi.md does not have %s", name)
		}
	}
}

// TestPluginInText holds that the texts of the example in sdk/abi.md are messages,
// and have the lengths that the example says.
func TestPluginInText(t *testing.T) {
	data, err := os.ReadFile("../abi.md")
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[int]int{}
	for _, call := range regexp.MustCompile(`\(call \$output_write \(i32.const (\d+)\) \(i32.const (\d+)\)\)`).FindAllSubmatch(data, -1) {
		at, _ := strconv.Atoi(string(call[1]))
		lengths[at], _ = strconv.Atoi(string(call[2]))
	}
	var texts []string
	for _, segment := range regexp.MustCompile(`\(data \(i32.const (\d+)\) "(.*)"\)`).FindAllSubmatch(data, -1) {
		at, _ := strconv.Atoi(string(segment[1]))
		text := strings.ReplaceAll(string(segment[2]), `\"`, `"`)
		if len(text) != lengths[at] {
			t.Errorf("the text at %d has %d bytes, the example says %d", at, len(text), lengths[at])
		}
		texts = append(texts, text)
	}
	if len(texts) != 2 {
		t.Fatalf("%d texts", len(texts))
	}
	manifests, err := hook.ParseManifests([]byte(texts[0]))
	if err != nil || len(manifests) != 1 || !slices.Equal(manifests[0].Hooks, []string{hook.ClaimsMap}) {
		t.Errorf("%+v, %v", manifests, err)
	}
	if out, err := hook.ParseClaimsOutput([]byte(texts[1])); err != nil || len(out.Set) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}
