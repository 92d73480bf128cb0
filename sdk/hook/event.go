package hook

// Event is an entry of the audit log. It holds no secret, no token and no
// password.
type Event struct {
	ID          string `json:"id"`
	At          string `json:"at"`    // RFC 3339 in UTC, with milliseconds
	Type        string `json:"type"`  // "signin.succeeded", ...
	Actor       string `json:"actor"` // "user:<id>", "cli:<name>", ...
	UserID      string `json:"user_id"`
	ClientID    string `json:"client_id"`
	SessionID   string `json:"session_id"`
	GrantID     string `json:"grant_id"`
	IP          string `json:"ip"`
	Correlation string `json:"correlation"` // the request's id
	Detail      Object `json:"detail"`      // strings, sorted by name
}

// EventInput is what event.sink/v1 gets. The output is an empty object, or
// nothing; a failure makes the host send the event again, later.
type EventInput struct {
	Settings Value `json:"settings"`
	Event    Event `json:"event"`
}

// EventOutput is what event.sink/v1 gives: nothing.
type EventOutput struct{}

func (e *Event) members(w *walk) {
	w.string("id", &e.ID)
	w.string("at", &e.At)
	w.string("type", &e.Type)
	w.string("actor", &e.Actor)
	w.string("user_id", &e.UserID)
	w.string("client_id", &e.ClientID)
	w.string("session_id", &e.SessionID)
	w.string("grant_id", &e.GrantID)
	w.string("ip", &e.IP)
	w.string("correlation", &e.Correlation)
	w.object("detail", &e.Detail)
}

// AppendJSON appends the event, as it stands in messages.
func (e *Event) AppendJSON(dst []byte) []byte { return appendMessage(dst, e) }

func (in *EventInput) members(w *walk) {
	w.value("settings", &in.Settings)
	w.nested("event", &in.Event)
}

// AppendJSON appends the message.
func (in *EventInput) AppendJSON(dst []byte) []byte { return appendMessage(dst, in) }

// ParseEventInput reads the message. Unknown members are ignored.
func ParseEventInput(data []byte) (*EventInput, error) {
	in := new(EventInput)
	return in, parseInput(data, in)
}

func (out *EventOutput) members(*walk) {}

// AppendJSON appends the message.
func (out *EventOutput) AppendJSON(dst []byte) []byte { return appendMessage(dst, out) }

// ParseEventOutput reads the message; no text at all is one too.
func ParseEventOutput(data []byte) (*EventOutput, error) {
	out := new(EventOutput)
	if len(data) == 0 {
		return out, nil
	}
	return out, parseOutput(data, out)
}
