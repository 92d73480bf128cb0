package hook_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// textVector is an element of a file in sdk/vectors/json.
type textVector struct {
	Name, Text, Compact string
	Base64              []byte
}

func textVectors(t *testing.T, file string) []textVector {
	t.Helper()
	data, err := os.ReadFile("../vectors/json/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var list []textVector
	if err := json.Unmarshal(data, &list); err != nil || len(list) < 50 {
		t.Fatalf("%d texts, %v", len(list), err)
	}
	return list
}

// TestTextVectors holds that this parser is what every SDK's must be.
func TestTextVectors(t *testing.T) {
	for _, vector := range textVectors(t, "valid.json") {
		v, err := hook.Parse([]byte(vector.Text))
		if err != nil {
			t.Errorf("%s: %v", vector.Name, err)
		} else if got := string(v.AppendJSON(nil)); got != vector.Compact {
			t.Errorf("%s: written as %s, want %s", vector.Name, got, vector.Compact)
		}
		if !json.Valid([]byte(vector.Text)) {
			t.Errorf("%s is no JSON", vector.Name)
		}
	}
	for _, vector := range textVectors(t, "invalid.json") {
		text := vector.Base64
		if text == nil {
			text = []byte(vector.Text)
		}
		if v, err := hook.Parse(text); err == nil {
			t.Errorf("%s: %q is read as %s", vector.Name, text, v.AppendJSON(nil))
		}
	}
}
