package core_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		front, back string
		want        float64 // 0: no colour
	}{
		{"#000000", "#ffffff", 21}, {"#ffffff", "#000000", 21}, {"#abcdef", "#ABCDEF", 1}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54},
		{"#0000ff", "#ffffff", 8.59}, {"#0b6350", core.SurfaceLight, 7.2},
		{"", "#ffffff", 0}, {"#fff", "#ffffff", 0}, {"red", "#ffffff", 0}, {"#ffffff", "#gggggg", 0}, {"#+1+1+1", "#ffffff", 0}, {"#ffffff ", "#ffffff", 0}, {"#é1234", "#ffffff", 0},
	} {
		got, ok := core.Contrast(c.front, c.back)
		if ok != (c.want > 0) || math.Abs(got-c.want) > 0.03 {
			t.Errorf("%q on %q: %.2f, %v, want %.2f", c.front, c.back, got, ok, c.want)
		}
	}
}

// The surfaces are those of the stylesheet.
func TestSurfaces(t *testing.T) {
	css, err := os.ReadFile("../web/assets/postern.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "prefers-color-scheme: dark")
	if !found || !strings.Contains(light, "--surface: "+core.SurfaceLight+";") || !strings.Contains(dark, "--surface: "+core.SurfaceDark+";") {
		t.Error("the stylesheet has other surfaces")
	}
}
