package core

import "strings"

// BrowserName says in words of ours which browser a User-Agent header is from, and on
// which system: "Firefox (Linux)". It is empty for what it does not know. The header is
// what a stranger sent, so none of it is in the name.
func BrowserName(userAgent string) string {
	browser, system := firstIn(userAgent, browsers), firstIn(userAgent, systems)
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " (" + system + ")"
}

// mark is a word of the header, and what it stands for.
type mark struct{ word, name string }

// browsers and systems are in the order in which they are looked for: most browsers also
// name those that they want to pass for.
var (
	browsers = []mark{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"}, {"YaBrowser/", "Yandex Browser"}, {"FxiOS/", "Firefox"}, {"Firefox/", "Firefox"}, {"CriOS/", "Chrome"},
		{"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
	}
	systems = []mark{
		{"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Macintosh", "macOS"}, {"Mac OS X", "macOS"}, {"FreeBSD", "FreeBSD"}, {"OpenBSD", "OpenBSD"}, {"Linux", "Linux"},
	}
)

func firstIn(text string, marks []mark) string {
	for _, m := range marks {
		if strings.Contains(text, m.word) {
			return m.name
		}
	}
	return ""
}
