package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// millis is the form of a time in the database: milliseconds in UTC, zero for
// none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func readTime(r *sqlite.Row) time.Time {
	if ms := r.Int(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

func readID(r *sqlite.Row) core.ID { return core.ID(r.Text()) }

// optionalHash is the form of a hash where there may be none.
func optionalHash(h core.Hash) []byte {
	if h.IsZero() {
		return []byte{}
	}
	return h[:]
}

func readHash(r *sqlite.Row) (h core.Hash) {
	copy(h[:], r.View())
	return h
}

// joinWords is the form of a list whose members hold no space: scopes,
// authentication methods, grant types.
func joinWords(words []string) string { return strings.Join(words, " ") }

func readWords(r *sqlite.Row) []string { return split(r.Text(), " ") }

// split gives nil for an empty text.
func split(text, separator string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, separator)
}

// listJSON is the form of a list whose members may hold anything.
func listJSON(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return mustJSON(list)
}

func readListJSON(r *sqlite.Row) (list []string, err error) {
	if text := r.View(); string(text) != "[]" {
		err = json.Unmarshal(text, &list)
	}
	return list, err
}

func mapJSON(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	return mustJSON(m)
}

func readMapJSON(r *sqlite.Row) (m map[string]string, err error) {
	if text := r.View(); string(text) != "{}" {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

// readJSON decodes what mustJSON gave.
func readJSON(r *sqlite.Row, v any) error {
	if text := r.View(); string(text) != "{}" {
		return json.Unmarshal(text, v)
	}
	return nil
}

// mustJSON encodes values of strings, numbers and booleans, which never fails.
func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %v", err))
	}
	return string(text)
}
