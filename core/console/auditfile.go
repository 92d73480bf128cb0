package console

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// eventWriter writes events into a file, one after another.
type eventWriter interface {
	write(e *core.Event) error
	flush() error
}

// jsonEvents writes a JSON document on each line.
type jsonEvents struct{ *json.Encoder }

func newJSONEvents(w io.Writer) eventWriter {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return jsonEvents{encoder}
}

// eventLine is an event as the command line exports it.
type eventLine struct {
	ID           core.ID            `json:"id"`
	At           time.Time          `json:"at"`
	Type         core.EventType     `json:"type"`
	Actor        string             `json:"actor"`
	ActorName    string             `json:"actor_name"`
	Organisation string             `json:"organisation"`
	UserID       core.ID            `json:"user_id"`
	UserName     string             `json:"user_name"`
	ClientID     string             `json:"client_id"`
	SessionID    core.ID            `json:"session_id"`
	GrantID      core.ID            `json:"grant_id"`
	IP           string             `json:"ip"`
	Correlation  string             `json:"correlation"`
	Detail       map[string]string  `json:"detail"`
	Fields       []core.FieldChange `json:"fields"`
}

func lineOf(e *core.Event) eventLine {
	line := eventLine{e.ID, e.At.UTC(), e.Type, e.Actor, e.By.Name, e.Org, e.UserID, e.Whom.Name, e.ClientID, e.SessionID, e.GrantID, e.IP, e.Correlation, e.Detail, e.Fields}
	if line.Detail == nil {
		line.Detail = map[string]string{}
	}
	if line.Fields == nil {
		line.Fields = []core.FieldChange{}
	}
	return line
}

func (w jsonEvents) write(e *core.Event) error { return w.Encode(lineOf(e)) }
func (jsonEvents) flush() error                { return nil }

// csvEvents writes a table (RFC 4180).
type csvEvents struct{ *csv.Writer }

func newCSVEvents(w io.Writer) eventWriter {
	table := csv.NewWriter(w)
	// What fails here fails at the first row.
	_ = table.Write([]string{"id", "at", "type", "actor", "organisation", "user_id", "client_id", "session_id", "grant_id", "ip", "correlation", "detail", "fields", "actor_name", "user_name"})
	return csvEvents{table}
}

func (w csvEvents) write(e *core.Event) error {
	line := lineOf(e)
	detail, err := json.Marshal(line.Detail)
	if err != nil {
		return err
	}
	fields, err := json.Marshal(line.Fields)
	if err != nil {
		return err
	}
	row := []string{
		string(e.ID), line.At.Format(time.RFC3339Nano), string(e.Type), e.Actor, e.Org, string(e.UserID), e.ClientID, string(e.SessionID), string(e.GrantID), e.IP, e.Correlation,
		string(detail), string(fields), e.By.Name, e.Whom.Name,
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	return w.Write(row)
}

func (w csvEvents) flush() error {
	w.Flush()
	return w.Error()
}

// harmless keeps spreadsheets from taking a value for a formula: some of it was chosen by
// whoever was refused.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
