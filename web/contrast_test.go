package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast computes the contrast of each pair of colours that the stylesheet
// puts together: 4.5 for words (WCAG 2.2, 1.4.3), 3 for edges of controls and the
// mark of the focus (1.4.11, 2.4.13).
func TestContrast(t *testing.T) {
	light, dark := palettes(t)
	for _, pair := range []struct {
		front, back string
		least       float64
	}{
		{"text", "surface", 4.5}, {"text", "sunken", 4.5}, {"text", "ground", 4.5},
		{"quiet", "surface", 4.5}, {"quiet", "sunken", 4.5}, {"quiet", "ground", 4.5},
		{"accent", "surface", 4.5}, {"accent-strong", "surface", 4.5},
		{"on-accent", "accent", 4.5}, {"on-accent", "accent-strong", 4.5},
		{"on-tint", "tint", 4.5},
		{"wrong", "surface", 4.5}, {"wrong", "wrong-tint", 4.5},
		{"on-wrong", "wrong", 4.5}, {"on-wrong", "wrong-strong", 4.5}, {"quiet", "wrong-tint", 3},
		{"edge", "surface", 3}, {"edge", "sunken", 3}, {"accent", "sunken", 3}, {"accent", "wrong-tint", 3},
	} {
		for name, palette := range map[string]map[string]string{"light": light, "dark": dark} {
			got := contrast(t, palette[pair.front], palette[pair.back])
			if got < pair.least {
				t.Errorf("%s: %s on %s has %.2f, wants %.1f", name, pair.front, pair.back, got, pair.least)
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
			colour := match[1]
			if len(colour) == 4 {
				colour = "#" + strings.Repeat(colour[1:2], 2) + strings.Repeat(colour[2:3], 2) + strings.Repeat(colour[3:4], 2)
			}
			best = max(best, contrast(t, colour, "#ffffff"))
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

var colour = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

// palettes reads the two blocks of colours, and wants the same names in both.
func palettes(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	day, night, found := strings.Cut(string(newPages(t).assets.files["postern.css"]), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("the stylesheet has no dark colours")
	}
	light, dark = map[string]string{}, map[string]string{}
	for _, match := range colour.FindAllStringSubmatch(day, -1) {
		light[match[1]] = match[2]
	}
	for _, match := range colour.FindAllStringSubmatch(night, -1) {
		dark[match[1]] = match[2]
	}
	for name := range light {
		if dark[name] == "" {
			t.Errorf("--%s has no dark colour", name)
		}
	}
	if len(light) < 10 || len(light) != len(dark) {
		t.Fatalf("read %d light and %d dark colours", len(light), len(dark))
	}
	return light, dark
}

// contrast is the ratio of WCAG 2.2, "contrast ratio".
func contrast(t *testing.T, front, back string) float64 {
	t.Helper()
	a, b := luminance(t, front), luminance(t, back)
	return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	value, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 24)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(shift int) float64 {
		part := float64(value>>shift&0xff) / 255
		if part <= 0.04045 {
			return part / 12.92
		}
		return math.Pow((part+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}
