package cli

import "testing"

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		" plain \n":                        "plain",
		"two\nlines\x1b[31m":               "two lines [31m",
		"no \u202eyes\u202c \u2066x\u2069": "no  yes   x ",
		"Größe \u200d":                     "Größe \u200d",
	} {
		if got := oneLine(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
