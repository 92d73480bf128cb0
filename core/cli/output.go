package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/postern-id/postern/core/admin"
)

// print writes the document with --json, else what text writes.
func (p *program) print(document any, text func(w io.Writer)) error {
	if !p.json {
		text(p.Out)
		return nil
	}
	encoder := json.NewEncoder(p.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// done prints the document with --json, else tells the person what was done.
func (p *program) done(document any, format string, args ...any) error {
	if p.json {
		return p.print(document, nil)
	}
	p.note(format, args...)
	return nil
}

// table writes aligned columns under their headings, or says that there is
// nothing.
func table(w io.Writer, none string, headings []string, rows [][]string) {
	if len(rows) == 0 {
		fmt.Fprintln(w, none)
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	writeRow(t, headings)
	for _, row := range rows {
		writeRow(t, row)
	}
	t.Flush()
}

func writeRow(w io.Writer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			io.WriteString(w, "\t")
		}
		io.WriteString(w, oneLine(cell))
	}
	io.WriteString(w, "\n")
}

// fields writes name and value pairs, without those that have no value.
func fields(w io.Writer, rows []admin.Row) {
	width := 0
	for _, row := range rows {
		if row.Value != "" {
			width = max(width, utf8.RuneCountInString(row.Field))
		}
	}
	for _, row := range rows {
		if row.Value != "" {
			fmt.Fprintf(w, "%-*s   %s\n", width, row.Field, oneLine(row.Value))
		}
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// stamp gives a time for people; nothing for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// jsonTime gives a time for programs; null for the zero time.
func jsonTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC().Truncate(time.Second)
	return &utc
}

// list gives a list that is [] in JSON where there is nothing.
func list[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

func joined(values []string) string { return strings.Join(values, ", ") }

// title makes a heading of a few words.
func title(words string) string {
	words, _, _ = strings.Cut(words, ",")
	return strings.ToUpper(words[:1]) + words[1:]
}
