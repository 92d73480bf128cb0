package core

// Theme is how the pages of an organisation look, besides its name, logo and icon.
type Theme struct {
	// Accent is the colour of buttons and links, "#1f6feb", on light pages; AccentDark on
	// dark ones. Empty: Postern's own.
	Accent     string `json:"accent,omitempty"`
	AccentDark string `json:"accent_dark,omitempty"`
}
