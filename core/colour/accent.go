package colour

import "fmt"

// LeastText and LeastEdge are the contrasts that words need, and the edges of controls
// (WCAG 2.2, 1.4.3 and 1.4.11).
const (
	LeastText = 4.5
	LeastEdge = 3.0
)

// Page is what pages stand on by day or by night.
type Page struct {
	Surface RGB // of what is read
	Sunken  RGB // of what lies in it
	dark    bool
}

// Light and Dark are the pages of this server; a test of package web holds them to the
// stylesheet.
func Light() Page { return Page{Surface: White(), Sunken: RGB{0xf3, 0xf6, 0xf5}} }

// Dark is what they are by night.
func Dark() Page {
	return Page{Surface: RGB{0x19, 0x1f, 0x1d}, Sunken: RGB{0x22, 0x2a, 0x27}, dark: true}
}

// Accent is the colour of links and buttons, with those that go with it.
type Accent struct {
	Accent RGB // of links, and of the ground of the first button
	Strong RGB // the same under the pointer
	On     RGB // of words on both
	Tint   RGB // the ground of a monogram
	OnTint RGB // of words on it
}

// ContrastError says that a colour cannot be read.
type ContrastError struct {
	Colour  RGB
	Ratio   float64
	Nearest RGB // like it, and readable
	Dark    bool
}

func (e *ContrastError) Error() string {
	pages, shade := "light", "darker"
	if e.Dark {
		pages, shade = "dark", "lighter"
	}
	return fmt.Sprintf("the colour %s cannot be read on %s pages: its contrast is %.1f, and %.1f is the least; a %s shade such as %s can",
		e.Colour, pages, e.Ratio, LeastText, shade, e.Nearest)
}

// Check refuses a colour that cannot be read on the page, with a *[ContrastError].
func (p Page) Check(c RGB) error {
	// Sunken ground is nearer to the colour than the surface, but carries no links.
	if ratio := Contrast(c, p.Surface); ratio < LeastText || Contrast(c, p.Sunken) < LeastEdge {
		return &ContrastError{Colour: c, Ratio: ratio, Nearest: p.Nearest(c), Dark: p.dark}
	}
	return nil
}

// away is the end that shades get readable towards.
func (p Page) away() RGB {
	if p.dark {
		return White()
	}
	return Black()
}

// Nearest is the colour itself, or the shade of it that can be read on the page.
func (p Page) Nearest(c RGB) RGB { return c.Until(LeastText, p.Surface, p.away()) }

// Accent makes what the page needs of a colour that passed [Page.Check]; of another one,
// of the nearest.
func (p Page) Accent(c RGB) Accent {
	c = p.Nearest(c)
	made := Accent{Accent: c, Strong: c.Mix(p.away(), 0.25), Tint: p.Surface.Mix(c, 0.16)}
	made.OnTint = c.Until(LeastText, made.Tint, p.away())
	made.On = White()
	if Contrast(Black(), c) > Contrast(White(), c) {
		made.On = c.Mix(Black(), 0.85).Until(LeastText, c, Black())
	}
	// A pale colour under dark words gets paler, never darker: both are read on it.
	if Contrast(made.On, made.Strong) < LeastText {
		made.Strong = c
	}
	return made
}
