package colour_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/colour"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"#1f6feb": "#1f6feb", "#1F6FEB": "#1f6feb", "#000000": "#000000",
		"": "", "#fff": "", "1f6feb": "", "#1f6feg": "", "#1f6feb ": "", "#-1f6fe": "", "red": "", "#1f6feb00": "", "#0x1f6f": "", "#1_f6fe": "",
	} {
		c, err := colour.Parse(text)
		if (err == nil) != (want != "") || err == nil && c.String() != want {
			t.Errorf("%q is %s, %v", text, c, err)
		}
	}
}

func TestContrast(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want float64
	}{
		{"#000000", "#ffffff", 21}, {"#ffffff", "#ffffff", 1}, {"#777777", "#ffffff", 4.478}, {"#0000ff", "#ffffff", 8.592},
	} {
		got := colour.Contrast(parse(t, test.a), parse(t, test.b))
		if back := colour.Contrast(parse(t, test.b), parse(t, test.a)); got < test.want-0.01 || got > test.want+0.01 || back != got {
			t.Errorf("%s on %s: %f, and %f the other way round", test.a, test.b, got, back)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		page   colour.Page
		colour string
		says   string // empty: it is accepted
	}{
		{colour.Light(), "#0b6350", ""}, {colour.Light(), "#1f6feb", ""}, {colour.Dark(), "#5ccbab", ""}, {colour.Dark(), "#ffcc00", ""},
		{colour.Light(), "#ffcc00", "#ffcc00 cannot be read on light pages: its contrast is 1.5, and 4.5 is the least; a darker shade such as #"},
		{colour.Dark(), "#0b6350", "#0b6350 cannot be read on dark pages: its contrast is 2.3, and 4.5 is the least; a lighter shade such as #"},
	} {
		err := test.page.Check(parse(t, test.colour))
		if wrong, refused := errors.AsType[*colour.ContrastError](err); refused != (test.says != "") {
			t.Errorf("%s: %v", test.colour, err)
		} else if refused && (!strings.Contains(err.Error(), test.says) || test.page.Check(wrong.Nearest) != nil) {
			t.Errorf("%s: %v", test.colour, err)
		}
	}
}

// Whatever the colour, all that is made of it can be read.
func TestAccentCanBeRead(t *testing.T) {
	for _, page := range []colour.Page{colour.Light(), colour.Dark()} {
		for r := 0; r < 256; r += 15 {
			for g := 0; g < 256; g += 15 {
				for b := 0; b < 256; b += 15 {
					checkAccent(t, page, colour.RGB{R: uint8(r), G: uint8(g), B: uint8(b)})
				}
			}
		}
	}
}

func checkAccent(t *testing.T, page colour.Page, c colour.RGB) {
	t.Helper()
	made := page.Accent(c)
	for name, got := range map[string]float64{
		"accent": colour.Contrast(made.Accent, page.Surface), "strong": colour.Contrast(made.Strong, page.Surface),
		"on accent": colour.Contrast(made.On, made.Accent), "on strong": colour.Contrast(made.On, made.Strong), "on tint": colour.Contrast(made.OnTint, made.Tint),
	} {
		if got < colour.LeastText {
			t.Errorf("%s of %s on %s has %.2f", name, c, page.Surface, got)
		}
	}
	if got := colour.Contrast(made.Accent, page.Sunken); got < colour.LeastEdge {
		t.Errorf("%s on %s has %.2f", c, page.Sunken, got)
	}
}

func parse(t *testing.T, text string) colour.RGB {
	t.Helper()
	c, err := colour.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func FuzzParse(f *testing.F) {
	f.Add("#1f6feb")
	f.Add("#+1f6fe")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := colour.Parse(text); err == nil && c.String() != strings.ToLower(text) {
			t.Errorf("%q is %s", text, c)
		}
	})
}
