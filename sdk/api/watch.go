package api

import (
	"encoding/json"
	"time"
)

// NewPreview is a message that a plugin is given to see what it makes of it.
type NewPreview struct {
	Instance string          `json:"instance,omitempty" doc:"One that there is, with its settings and limits."`
	Plugin   string          `json:"plugin,omitempty" doc:"Id of the plugin, where no instance is named."`
	Hook     string          `json:"hook"`
	Input    json.RawMessage `json:"input" doc:"The message of the hook."`
	Settings json.RawMessage `json:"settings,omitempty" doc:"Those of the instance if it is absent."`
}

// Preview is what came of it. There was no network, and there were no secrets.
type Preview struct {
	Plugin  string          `json:"plugin"`
	Module  string          `json:"module"`
	Output  json.RawMessage `json:"output,omitempty" doc:"As the plugin wrote it, if it is JSON; absent if it failed."`
	Log     string          `json:"log"`
	Fuel    int64           `json:"fuel"`
	Memory  int             `json:"memory" doc:"Bytes."`
	Took    int64           `json:"took" doc:"Microseconds."`
	Calls   []PreviewCall   `json:"calls" doc:"What it wanted of the world."`
	Failure string          `json:"failure,omitempty" doc:"Why it failed, in words for its author."`
}

// PreviewCall is a call of a capability, which was answered that there is none.
type PreviewCall struct {
	Capability string          `json:"capability"`
	Request    json.RawMessage `json:"request"`
}

// Examined is what a module is.
type Examined struct {
	Digest  string   `json:"digest"`
	Plugins []Plugin `json:"plugins"`
}

// Numbers are what was counted of an instance since the server was started.
type Numbers struct {
	Hooks         []HookNumbers     `json:"hooks"`
	HostCalls     []HostCallNumbers `json:"host_calls"`
	MemoryPeak    int64             `json:"memory_peak" doc:"The most that a call had, in bytes."`
	Suspended     bool              `json:"suspended" doc:"It failed too often and rests."`
	ShadowSame    int64             `json:"shadow_same" doc:"Calls of a shadow whose answer would have been the same."`
	ShadowDiffers int64             `json:"shadow_differs"`
	Minutes       []MinuteNumbers   `json:"minutes" doc:"Those of the last hour, the oldest first; none if it was never called."`
}

// MinuteNumbers are the calls of a minute, of all hooks.
type MinuteNumbers struct {
	At     time.Time `json:"at" doc:"When it began."`
	Calls  int64     `json:"calls"`
	Failed int64     `json:"failed"`
}

// HookNumbers are those of the calls of one hook.
type HookNumbers struct {
	Hook    string         `json:"hook"`
	Calls   int64          `json:"calls"`
	Failed  int64          `json:"failed"`
	Reasons []ReasonNumber `json:"reasons" doc:"Of the failed ones."`
	Average int64          `json:"average" doc:"Microseconds."`
	Half    int64          `json:"half" doc:"Microseconds that half of the calls did not exceed, at most a quarter too many."`
	Slowest int64          `json:"slowest" doc:"As half, of 99 calls of 100."`
	Fuel    int64          `json:"fuel" doc:"Of all calls together."`
}

// ReasonNumber is how often calls failed for one reason.
type ReasonNumber struct {
	Reason string `json:"reason"`
	Calls  int64  `json:"calls"`
}

// HostCallNumbers are those of what an instance asked the server for.
type HostCallNumbers struct {
	Capability string `json:"capability"`
	Result     string `json:"result" doc:"ok, or a code."`
	Calls      int64  `json:"calls"`
	Average    int64  `json:"average" doc:"Microseconds."`
}

// LogLine is something that a plugin wrote, or that happened to it.
type LogLine struct {
	Number uint64    `json:"number" doc:"Rises by one with each line of the instance: where one is missing, a line was dropped."`
	At     time.Time `json:"at"`
	Level  string    `json:"level" doc:"info, warn or error."`
	Text   string    `json:"text"`
}

// Place is where a binding is to be among those of its hook.
type Place struct {
	Place int `json:"place" doc:"The first one is 1; one behind the last is the last."`
}

// Guide says how the relying party of a client is set up, and how far that is.
type Guide struct {
	Title    string    `json:"title"`
	Steps    []string  `json:"steps"`
	Forms    []Form    `json:"forms" doc:"Tables to copy from."`
	Snippets []Snippet `json:"snippets"`
	Source   string    `json:"source,omitempty" doc:"Page of the product's own documentation."`
	Checks   []Check   `json:"checks"`
}

// Form is a table to copy from.
type Form struct {
	Title string `json:"title"`
	Rows  []Row  `json:"rows"`
}

// Row is a field of a relying party's form and what belongs into it.
type Row struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// Snippet is a text for a file or a terminal.
type Snippet struct {
	Title    string `json:"title" doc:"Where it goes."`
	Language string `json:"language"`
	Text     string `json:"text"`
}

// Check is a point of the checklist of a client.
type Check struct {
	Name  string    `json:"name"`
	State string    `json:"state" doc:"done, open or wrong."`
	Text  string    `json:"text"`
	Hint  string    `json:"hint,omitempty"`
	At    time.Time `json:"at,omitzero" doc:"When it was seen last."`
}

// MissingGroups are groups that a client lets in and its organisation does not have.
type MissingGroups struct {
	Groups []string `json:"groups"`
}

// TestMail is a mail to see whether mails arrive.
type TestMail struct {
	To string `json:"to" doc:"The address."`
}
