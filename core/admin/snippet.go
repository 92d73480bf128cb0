package admin

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/oauth"
)

// Snippet is a text for a file or a terminal.
type Snippet struct {
	Title    string // where it goes: "/etc/grafana/grafana.ini"
	Language string // "ini", "yaml", "ruby", "shell", "toml"
	Text     string // lines, the last without its end
}

// draft is a snippet before it is filled in. Its words in braces stand
//   - in shell outside of quotes, as a part of one word,
//   - in yaml, toml and ruby within double quotes, but for {scope_list}, which is a list,
//   - in ini after the = of a line.
//
// A line with {scope} is there once for each scope besides openid.
type draft struct {
	title, language, text string
	// variables says that the product replaces ${NAME} in its file, and writes it ^${NAME}
	// where it is meant as it stands.
	variables bool
}

// quoting writes a value so that the parser of the language reads that value.
func (d draft) quoting() func(string) string {
	switch d.language {
	case "shell":
		return shellWord
	case "ruby":
		return rubyText
	case "ini":
		return func(s string) string { return s } // the whole line, see [iniLine]
	}
	if d.variables {
		return func(s string) string { return jsonText(strings.ReplaceAll(s, "${", "^${")) }
	}
	return jsonText
}

// fill writes the draft with the fillings.
func (d draft) fill(known *fillings) Snippet {
	quote := d.quoting()
	values := map[string]string{}
	for word, value := range known.words {
		values[word] = quote(value)
	}
	values["scope_list"] = list(known.scopes, quote)
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(d.text), "\n") {
		scopes := []string{""}
		if strings.Contains(line, "{scope}") {
			scopes = besides(known.scopes)
		}
		for _, scope := range scopes {
			values["scope"] = quote(scope)
			filled := replacer(values).Replace(line)
			if d.language == "ini" && filled != line {
				filled = iniLine(filled)
			}
			lines = append(lines, filled)
		}
	}
	return Snippet{d.title, d.language, strings.Join(lines, "\n")}
}

// besides gives the scopes without that which every OpenID client asks for anyway.
func besides(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == oauth.ScopeOpenID })
}

func list(values []string, quote func(string) string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = `"` + quote(value) + `"`
	}
	return strings.Join(quoted, ", ")
}

var plainShellWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellWord quotes what means something to a shell (POSIX.1-2017, XCU section 2.2).
func shellWord(s string) string {
	if plainShellWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// jsonText is the inside of a JSON string. Strings of YAML 1.2 (section 1.3) and basic
// strings of TOML take it too, but TOML has no DEL in them.
func jsonText(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // of a string it always works
	text := strings.TrimSuffix(b.String(), "\n")
	return strings.ReplaceAll(text[1:len(text)-1], "\x7f", `\u007f`)
}

// rubyText is the inside of a string in double quotes, where # begins what Ruby puts in.
func rubyText(s string) string { return strings.ReplaceAll(jsonText(s), "#", `\#`) }

// iniLine quotes the value of a line where Grafana's parser would take its quotes away, or
// the rest for a comment.
func iniLine(line string) string {
	key, value, _ := strings.Cut(line, " = ")
	if !strings.ContainsAny(value, "#;'\"`\\") {
		return line
	}
	return key + ` = """` + value + `"""`
}
