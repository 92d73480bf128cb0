package colour

import (
	"fmt"
	"math"
	"strconv"
)

// RGB is a colour of sRGB.
type RGB struct{ R, G, B uint8 }

// Parse reads a colour that is written like "#1f6feb".
func Parse(text string) (RGB, error) {
	if len(text) != 7 || text[0] != '#' {
		return RGB{}, fmt.Errorf("%.20q is no colour: write it like #1f6feb", text)
	}
	value, err := strconv.ParseUint(text[1:], 16, 24)
	if err != nil {
		return RGB{}, fmt.Errorf("%q is no colour: write it like #1f6feb", text)
	}
	return RGB{uint8(value >> 16), uint8(value >> 8), uint8(value)}, nil
}

func (c RGB) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Black and White are the ends of what there is.
func Black() RGB { return RGB{} }

// White is the other one.
func White() RGB { return RGB{255, 255, 255} }

// Contrast is the ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
func Contrast(a, b RGB) float64 {
	first, second := a.luminance(), b.luminance()
	return (max(first, second) + 0.05) / (min(first, second) + 0.05)
}

// luminance is the "relative luminance" of WCAG 2.2.
func (c RGB) luminance() float64 {
	linear := func(channel uint8) float64 {
		part := float64(channel) / 255
		if part <= 0.04045 {
			return part / 12.92
		}
		return math.Pow((part+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// Mix is the colour with a share, from 0 to 1, of another one in it.
func (c RGB) Mix(other RGB, share float64) RGB {
	mixed := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-share) + float64(b)*share)) }
	return RGB{mixed(c.R, other.R), mixed(c.G, other.G), mixed(c.B, other.B)}
}

// Until mixes the colour with another one, as little as it takes for the contrast with
// back.
func (c RGB) Until(least float64, back, other RGB) RGB {
	for step := range 100 {
		if mixed := c.Mix(other, float64(step)/100); Contrast(mixed, back) >= least {
			return mixed
		}
	}
	return other
}
