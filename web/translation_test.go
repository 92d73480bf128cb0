package web

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// written is a message as it stands in its file: a text under "", or one for each plural form.
type written map[string]string

// writtenIn reads the messages of a language, by key.
func writtenIn(t *testing.T, tag string) map[string]written {
	t.Helper()
	found := map[string]written{}
	names, err := fs.Glob(localeFiles, path.Join("locales", tag, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(localeFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		var part map[string]any
		if err := json.Unmarshal(content, &part); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, value := range part {
			key = strings.TrimSuffix(path.Base(name), ".json") + "." + key
			switch value := value.(type) {
			case string:
				found[key] = written{"": value}
			case map[string]any:
				found[key] = written{}
				for form, text := range value {
					found[key][form], _ = text.(string)
				}
			default:
				t.Fatalf("%s: %s is %v", name, key, value)
			}
		}
	}
	return found
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// placeholders of all forms of a message, sorted.
func (w written) placeholders() []string {
	found := map[string]bool{}
	for _, text := range w {
		for _, name := range placeholder.FindAllString(text, -1) {
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// pluralForms are those that whole numbers take in a language.
func pluralForms(tag string) []string {
	names := map[plural.Form]string{}
	for name, form := range forms() {
		names[form] = name
	}
	found := map[string]bool{}
	for n := range 2000 {
		found[names[plural.Cardinal.MatchPlural(language.Make(tag), n, 0, 0, 0, 0)]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// TestEveryLanguageSaysEverything: the same keys, the same placeholders, and the plural
// forms that CLDR has for the language.
func TestEveryLanguageSaysEverything(t *testing.T) {
	english := writtenIn(t, "en")
	for _, tag := range Languages() {
		messages := writtenIn(t, tag)
		for key, source := range english {
			message, found := messages[key]
			switch {
			case !found:
				t.Errorf("%s: %s is missing", tag, key)
				continue
			case !slices.Equal(message.placeholders(), source.placeholders()):
				t.Errorf("%s: %s has %v, the English text %v", tag, key, message.placeholders(), source.placeholders())
			}
			got := slices.Sorted(maps.Keys(message))
			if _, plain := source[""]; plain && !slices.Equal(got, []string{""}) || !plain && !slices.Equal(got, pluralForms(tag)) {
				t.Errorf("%s: %s has the forms %q, the language %q", tag, key, got, pluralForms(tag))
			}
			for form, text := range message {
				if strings.TrimSpace(text) != text && key != "format.list" && key != "format.group" || text == "" {
					t.Errorf("%s: %s %s is %q", tag, key, form, text)
				}
				if strings.Count(text, "{") != len(placeholder.FindAllString(text, -1)) || strings.ContainsAny(text, "<>&\n") {
					t.Errorf("%s: %s %s is no plain text with placeholders: %q", tag, key, form, text)
				}
			}
		}
		for key := range messages {
			if english[key] == nil {
				t.Errorf("%s: %s is in no English file", tag, key)
			}
		}
	}
}

// A text of several words that is the same as the English one was left behind.
func TestNothingIsLeftInEnglish(t *testing.T) {
	english := writtenIn(t, "en")
	for _, tag := range Languages()[1:] {
		for key, message := range writtenIn(t, tag) {
			for form, text := range message {
				if len(strings.Fields(placeholder.ReplaceAllString(text, ""))) > 2 && text == english[key][form] {
					t.Errorf("%s: %s is English: %q", tag, key, text)
				}
			}
		}
	}
}

// People are addressed politely, and the same word stands for the same thing.
func TestLanguagesKeepTheirTone(t *testing.T) {
	for tag, unwanted := range map[string]string{
		"de": "du dich dir dein deine deinem deinen deiner",
		"fr": "tu te ton ta tes toi",
		"es": "tú tu tus contigo vosotros",
		"pt": "tu teu tua teus tuas contigo",
		"ja": "ログイン ログアウト",
		"zh": "你 登陆 帐号",
	} {
		for key, message := range writtenIn(t, tag) {
			for _, text := range message {
				words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
				for word := range strings.FieldsSeq(unwanted) {
					if slices.Contains(words, word) || (tag == "ja" || tag == "zh") && strings.Contains(text, word) {
						t.Errorf("%s: %s says %q: %s", tag, key, word, text)
					}
				}
			}
		}
	}
}
