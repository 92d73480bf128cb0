package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// normativeText is what sdk/abi.md says of members.
type normativeText struct{ tables []table }

// table is a table of members, or a list of them in running text.
type table struct {
	caption string
	members []string
	texts   map[string]string
}

func (t *table) add(member, text string) {
	t.members = append(t.members, member)
	text = strings.ReplaceAll(strings.ReplaceAll(text, "`", ""), "\n", " ")
	t.texts[member] = schemaSays.ReplaceAllString(text, "")
}

// schemaSays is what a schema says by itself: types, and where a part is described.
var schemaSays = regexp.MustCompile(`^(boolean|array of strings|object of strings|object)(; |, |$)|(; |^)section \d+$`)

func readNormativeText(t *testing.T) *normativeText {
	t.Helper()
	data, err := os.ReadFile("../abi.md")
	if err != nil {
		t.Fatal(err)
	}
	text := &normativeText{}
	for block := range strings.SplitSeq(string(data), "\n\n") {
		text.readTable(block)
		text.readList(block)
	}
	return text
}

func (n *normativeText) readTable(block string) {
	caption, rows, ok := strings.Cut(block, " | Type |")
	if !ok || !strings.HasPrefix(caption, "| ") {
		return
	}
	found := table{caption: strings.TrimPrefix(caption, "| "), texts: map[string]string{}}
	for row := range strings.SplitSeq(rows, "\n") {
		cells := strings.Split(strings.TrimSuffix(row, "|"), " | ")
		if len(cells) == 3 && strings.HasPrefix(cells[0], "| `") {
			found.add(strings.Trim(cells[0], "| `"), strings.TrimSpace(cells[2]))
		}
	}
	n.tables = append(n.tables, found)
}

// readList reads a part of section 7: names, some with words in brackets.
func (n *normativeText) readList(block string) {
	caption, names, ok := strings.Cut(block, "`: `")
	if !ok || !strings.HasPrefix(caption, "`") {
		return
	}
	found := table{caption: caption, texts: map[string]string{}}
	for _, match := range regexp.MustCompile("(?s)`([a-z_]+)`(?:\\s\\((.*?)\\))?(?:,|;|\\.|$)").FindAllStringSubmatch("`"+names, -1) {
		found.add(match[1], match[2])
	}
	n.tables = append(n.tables, found)
}

// table gives the texts of the members of a table.
func (n *normativeText) table(caption string) map[string]string {
	i := slices.IndexFunc(n.tables, func(t table) bool { return t.caption == caption })
	return n.tables[i].texts
}

// descriptions gives the text of each member of a message: that of the table that
// has the same members. Every answer has the member error, so tables leave it out.
func (n *normativeText) descriptions(typ reflect.Type) map[string]string {
	var members []string
	for i := range typ.NumField() {
		members = append(members, typ.Field(i).Tag.Get("json"))
	}
	for _, t := range n.tables {
		if slices.Equal(t.members, members) || len(members) > 1 && members[0] == "error" && slices.Equal(t.members, members[1:]) {
			return t.texts
		}
	}
	return nil
}

func indented(text []byte) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		panic(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func parse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}
