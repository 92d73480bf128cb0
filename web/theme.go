package web

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/postern-id/postern/core/colour"
)

// Theme is what sets the pages of an organisation apart. Empty fields are as ours.
type Theme struct {
	Org    string // its key, the name of its folder for [Pages.LoadThemes]
	Folder bool   // it has one, as of [Pages.HasTheme]: pages may load fonts from it
	Name   string // as people know it
	// Logo stands above the page, with the name, and Icon in the browser's tab: each a
	// data:image URI as of [Client], a path under [AssetsPrefix], or an https address, which
	// whoever answers with the page allows.
	Logo string
	Icon string
	// Accent is the colour of links and buttons on light pages, AccentDark on dark ones,
	// like "#1f6feb". With one of them, the other is a shade of it that can be read.
	Accent     string
	AccentDark string
}

// Remote gives the addresses that browsers load the images of the theme from.
func (t *Theme) Remote() (list []string) {
	if t == nil {
		return nil
	}
	for _, image := range []string{t.Logo, t.Icon} {
		if logo(image) == "" && remoteLogo(image) != "" {
			list = append(list, image)
		}
	}
	return list
}

func (t *Theme) logo() string { return t.Logo }
func (t *Theme) icon() string { return t.Icon }

// themeImage is an image of the theme that a page may show; empty if there is none.
func themeImage(t *Theme, of func(*Theme) string) template.URL {
	if t == nil {
		return ""
	}
	if uri := logo(of(t)); uri != "" {
		return uri
	}
	return remoteLogo(of(t))
}

// HasFolder reports whether pages may load fonts.
func (t *Theme) HasFolder() bool { return t != nil && t.Folder }

// none stands for a colour in the name of a stylesheet.
const none = "none"

// sheet is the name of the stylesheet with the colours of the theme; empty if it has none.
// The name says all, so there is nothing to keep.
func (t *Theme) sheet() string {
	if t == nil {
		return ""
	}
	names := make([]string, 0, 2)
	for _, text := range []string{t.Accent, t.AccentDark} {
		name := none
		if c, err := colour.Parse(text); err == nil {
			name = strings.TrimPrefix(c.String(), "#")
		}
		names = append(names, name)
	}
	if names[0] == none && names[1] == none {
		return ""
	}
	return "theme-" + names[0] + "-" + names[1] + ".css"
}

// painted is the stylesheet of that name, nil if there is no such.
func painted(name string) []byte {
	words, is := strings.CutPrefix(strings.TrimSuffix(name, ".css"), "theme-")
	first, second, two := strings.Cut(words, "-")
	theme := Theme{Accent: "#" + first, AccentDark: "#" + second}
	if !is || !two || theme.sheet() != name {
		return nil
	}
	light, errLight := colour.Parse(theme.Accent)
	dark, errDark := colour.Parse(theme.AccentDark)
	if errLight != nil {
		light = dark
	}
	if errDark != nil {
		dark = light
	}
	return paint(colour.Light().Accent(light), colour.Dark().Accent(dark))
}

func paint(day, night colour.Accent) []byte {
	var sheet strings.Builder
	sheet.WriteString(":root {\n")
	for _, c := range []struct {
		name       string
		day, night colour.RGB
	}{
		{"accent", day.Accent, night.Accent}, {"accent-strong", day.Strong, night.Strong}, {"on-accent", day.On, night.On},
		{"tint", day.Tint, night.Tint}, {"on-tint", day.OnTint, night.OnTint},
	} {
		fmt.Fprintf(&sheet, "  --%s: light-dark(%s, %s);\n", c.name, c.day, c.night)
	}
	sheet.WriteString("}\n")
	return []byte(sheet.String())
}
