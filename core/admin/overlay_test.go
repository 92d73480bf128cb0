package admin

import (
	"encoding/json"
	"testing"
)

func TestLayered(t *testing.T) {
	for _, tt := range []struct {
		layers []string
		want   string
	}{
		{nil, `{}`},
		{[]string{`{}`, `{}`}, `{}`},
		{[]string{`{"a":1,"b":2}`, `{"b":3,"c":4}`}, `{"a":1,"b":3,"c":4}`},
		{[]string{`{"a":{"x":1,"y":[1,2]}}`, `{"a":{"y":[3]}}`}, `{"a":{"x":1,"y":[3]}}`},
		{[]string{`{"a":{"x":1}}`, `{"a":2}`, `{"a":{"y":2}}`}, `{"a":{"y":2}}`},
		{[]string{`{"a":2}`, `{"a":{"x":{"y":null,"z":1}}}`}, `{"a":{"x":{"z":1}}}`},
		{[]string{`{"a":1,"b":{"c":1}}`, `{"a":null,"b":{"c":null}}`}, `{"b":{}}`},
		{[]string{`{"n":12345678901234567890.10,"h":"<&>"}`, `{"x":1e400}`}, `{"h":"<&>","n":12345678901234567890.10,"x":1e400}`},
		{[]string{` { "a" : [ null ] } `, `{"b": [null]}`}, `{"a":[null],"b":[null]}`},
		{[]string{`{}`, `[]`, `{"a":1}`}, `[]`},
		{[]string{`{`, `{}`}, `{`},
		{[]string{`null`}, `null`},
		{[]string{`{}{}`}, `{}{}`},
		{[]string{`1`, `x`}, `1`},
		{[]string{``}, ``},
	} {
		layers := [][]byte{nil}
		for _, layer := range tt.layers {
			layers = append(layers, []byte(layer))
		}
		if got := string(layered(layers...)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.layers, got, tt.want)
		}
	}
}

// What is laid over twice changes nothing the second time.
func FuzzLayered(f *testing.F) {
	f.Add(`{"a":1}`, `{"a":{"b":[1,null]}}`)
	f.Add(`{"a":{"b":1}}`, `{"a":null}`)
	f.Fuzz(func(t *testing.T, base, over string) {
		once := layered([]byte(base), []byte(over))
		if settingsOf([]byte(base)) == nil || settingsOf([]byte(over)) == nil {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("%s over %s is %s", over, base, once)
		}
		if twice := layered(once, []byte(over)); string(twice) != string(once) {
			t.Errorf("once %s, twice %s", once, twice)
		}
	})
}
