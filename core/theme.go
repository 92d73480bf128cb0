package core

import (
	"math"
	"strconv"
)

// Theme is how the pages of an organisation look, besides its name, logo and icon.
type Theme struct {
	// Accent is the colour of buttons and links, "#1f6feb", on light pages; AccentDark on
	// dark ones. Empty: Postern's own.
	Accent     string `json:"accent,omitempty"`
	AccentDark string `json:"accent_dark,omitempty"`
}

// What the accents of a [Theme] stand on, and the least contrast of words there (WCAG
// 2.2, 1.4.3).
const (
	SurfaceLight = "#ffffff"
	SurfaceDark  = "#191f1d"
	MinContrast  = 4.5
)

// Contrast is the ratio of two colours written as "#1f6feb" (WCAG 2.2, "contrast ratio"),
// from 1 to 21. It is not ok if one of them is no colour.
func Contrast(front, back string) (ratio float64, ok bool) {
	a, okA := luminance(front)
	b, okB := luminance(back)
	if !okA || !okB {
		return 0, false
	}
	return (max(a, b) + 0.05) / (min(a, b) + 0.05), true
}

// luminance is the "relative luminance" of WCAG 2.2.
func luminance(colour string) (sum float64, ok bool) {
	if len(colour) != 7 || colour[0] != '#' {
		return 0, false
	}
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return 0, false
		}
		v := float64(channel) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum, true
}
