package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/colour"
)

// TestContrast computes the contrast of each pair of colours that the stylesheet
// puts together: 4.5 for words (WCAG 2.2, 1.4.3), 3 for edges of controls and the
// mark of the focus (1.4.11, 2.4.13).
func TestContrast(t *testing.T) {
	light, dark := palettes(t)
	for _, of := range []struct {
		front, back string
		least       float64
	}{
		{"text", "surface", 4.5}, {"text", "sunken", 4.5}, {"text", "ground", 4.5},
		{"quiet", "surface", 4.5}, {"quiet", "sunken", 4.5}, {"quiet", "ground", 4.5},
		{"accent", "surface", 4.5}, {"accent-strong", "surface", 4.5},
		{"on-accent", "accent", 4.5}, {"on-accent", "accent-strong", 4.5},
		{"on-tint", "tint", 4.5},
		{"warn", "warn-tint", 4.5}, {"text", "warn-tint", 4.5}, {"text", "wrong-tint", 4.5}, {"edge", "warn-tint", 3},
		{"wrong", "surface", 4.5}, {"wrong", "wrong-tint", 4.5},
		{"on-wrong", "wrong", 4.5}, {"on-wrong", "wrong-strong", 4.5}, {"quiet", "wrong-tint", 3},
		{"edge", "surface", 3}, {"edge", "sunken", 3}, {"accent", "sunken", 3}, {"accent", "wrong-tint", 3},
	} {
		for name, palette := range map[string]map[string]string{"light": light, "dark": dark} {
			got := contrast(t, palette[of.front], palette[of.back])
			if got < of.least {
				t.Errorf("%s: %s on %s has %.2f, wants %.1f", name, of.front, of.back, got, of.least)
			}
		}
	}
}

// The mark of a provider stands on white, or on its own paint, in light and dark: some
// of it must be seen there. Its name is beside it in words.
func TestContrastOfIcons(t *testing.T) {
	paint := regexp.MustCompile(`(?:fill|stroke)="(#[0-9a-f]{3,6})"`)
	for name, content := range newPages(t).assets.files {
		if !strings.HasPrefix(name, "icon-") {
			continue
		}
		best := 0.0
		for _, match := range paint.FindAllStringSubmatch(string(content), -1) {
			paint := match[1]
			if len(paint) == 4 {
				paint = "#" + strings.Repeat(paint[1:2], 2) + strings.Repeat(paint[2:3], 2) + strings.Repeat(paint[3:4], 2)
			}
			best = max(best, contrast(t, paint, "#ffffff"))
		}
		if best < 3 {
			t.Errorf("%s has %.2f on white, wants 3", name, best)
		}
	}
}

// The footer stands on the arches, which lie over the ground in several thin coats.
func TestContrastOnTheArches(t *testing.T) {
	drawing := string(newPages(t).assets.files["arches.svg"])
	coats := regexp.MustCompile(`fill-opacity="([.0-9]+)"`).FindAllStringSubmatch(drawing, -1)
	paint := regexp.MustCompile(`fill="(#[0-9a-f]{6})"`).FindStringSubmatch(drawing)
	if len(coats) == 0 || paint == nil {
		t.Fatal("the arches have no paint")
	}
	light, dark := palettes(t)
	for name, palette := range map[string]map[string]string{"light": light, "dark": dark} {
		back := palette["ground"]
		for _, coat := range coats {
			opacity, err := strconv.ParseFloat(coat[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			back = blend(t, paint[1], back, opacity)
		}
		if got := contrast(t, palette["quiet"], back); got < 4.5 {
			t.Errorf("%s: quiet on %s has %.2f, wants 4.5", name, back, got)
		}
	}
}

// blend is the colour of paint over back.
func blend(t *testing.T, paint, back string, opacity float64) string {
	t.Helper()
	var mixed [3]int
	for i := range mixed {
		at := 1 + 2*i
		over, err := strconv.ParseUint(paint[at:at+2], 16, 8)
		under, err2 := strconv.ParseUint(back[at:at+2], 16, 8)
		if err != nil || err2 != nil {
			t.Fatalf("cannot mix %s and %s", paint, back)
		}
		mixed[i] = int(math.Round(float64(over)*opacity + float64(under)*(1-opacity)))
	}
	return fmt.Sprintf("#%02x%02x%02x", mixed[0], mixed[1], mixed[2])
}

var pair = regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)

// palettes reads the pairs of colours, by name.
func palettes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	light, dark = map[string]string{}, map[string]string{}
	for _, match := range pair.FindAllStringSubmatch(string(newPages(t).assets.files["postern.css"]), -1) {
		light[match[1]], dark[match[1]] = match[2], match[3]
	}
	if len(light) < 10 {
		t.Fatalf("read %d colours", len(light))
	}
	return light, dark
}

// What core/colour takes for the pages is what they are.
func TestColoursOfPages(t *testing.T) {
	light, dark := palettes(t)
	for name, test := range map[string]struct {
		page    colour.Page
		palette map[string]string
	}{"light": {colour.Light(), light}, "dark": {colour.Dark(), dark}} {
		if test.page.Surface.String() != test.palette["surface"] || test.page.Sunken.String() != test.palette["sunken"] {
			t.Errorf("%s: %+v", name, test.page)
		}
	}
}

// contrast is the ratio of WCAG 2.2, "contrast ratio".
func contrast(t *testing.T, front, back string) float64 {
	t.Helper()
	a, err := colour.Parse(front)
	b, err2 := colour.Parse(back)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return colour.Contrast(a, b)
}
