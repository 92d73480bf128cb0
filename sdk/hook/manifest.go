package hook

// Manifest is what a module says of one of its plugins.
type Manifest struct {
	ID          string   `json:"id"`
	Version     string   `json:"version"`
	Description string   `json:"description"`
	HostAPI     int      `json:"host_api"` // 1
	Hooks       []string `json:"hooks"`
	// Capabilities are asked for; the operator grants them.
	Capabilities []CapabilityWish `json:"capabilities"`
	Secrets      []SecretWish     `json:"secrets"`
	// Settings is the JSON Schema of the settings.
	Settings Value `json:"settings"`
	// Presets are settings to begin with.
	Presets []Preset `json:"presets"`
	// Samples are messages for the self-test at load.
	Samples []Sample `json:"samples"`
}

// CapabilityWish is a capability that a plugin asks for.
type CapabilityWish struct {
	Name string `json:"name"` // one of Capabilities
	// Targets are what it is wanted for, such as hosts. Empty: the settings say it.
	Targets  []string `json:"targets"`
	Reason   string   `json:"reason"`   // one sentence for the operator
	Optional bool     `json:"optional"` // the plugin does without
}

// SecretWish is a secret that a plugin asks for. The operator sets it.
type SecretWish struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Optional    bool   `json:"optional"`
}

// Preset is a way to use a plugin: for one product, say.
type Preset struct {
	Name  string `json:"name"`  // lower-case letters, digits and hyphens
	Title string `json:"title"` // what a person would call it, at most 64 characters: "Okta"
	// Icon is the name of one of Postern's icons, or empty.
	Icon string `json:"icon"`
	// Settings are an object that what the operator sets is laid over. What the schema
	// requires may be missing; what is there must suit it.
	Settings Value `json:"settings"`
	// Targets are what each capability that reaches out is needed for, besides what the
	// operator's settings name, at most 16: "accounts.google.com".
	Targets []string `json:"targets"`
}

// Sample is a message that the plugin must be able to answer.
type Sample struct {
	Hook  string `json:"hook"`
	Input Value  `json:"input"`
	// Calls are played in their order to a plugin that calls the host.
	Calls []HostCall `json:"calls"`
}

// HostCall is a call of a capability with its answer, written down so that it can
// be played again without the world.
type HostCall struct {
	Capability string `json:"capability"`
	Request    Value  `json:"request"`
	Answer     Value  `json:"answer"`
}

func (c *CapabilityWish) members(w *walk) {
	w.string("name", &c.Name)
	w.strings("targets", &c.Targets)
	w.string("reason", &c.Reason)
	w.bool("optional", &c.Optional)
}

func (s *SecretWish) members(w *walk) {
	w.string("name", &s.Name)
	w.string("description", &s.Description)
	w.bool("optional", &s.Optional)
}

func (p *Preset) members(w *walk) {
	w.string("name", &p.Name)
	w.string("title", &p.Title)
	w.string("icon", &p.Icon)
	w.value("settings", &p.Settings)
	w.strings("targets", &p.Targets)
}

func (s *Sample) members(w *walk) {
	w.string("hook", &s.Hook)
	w.value("input", &s.Input)
	list(w, "calls", &s.Calls)
}

func (c *HostCall) members(w *walk) {
	w.string("capability", &c.Capability)
	w.value("request", &c.Request)
	w.value("answer", &c.Answer)
}

func (m *Manifest) members(w *walk) {
	w.string("id", &m.ID)
	w.string("version", &m.Version)
	w.string("description", &m.Description)
	w.int("host_api", &m.HostAPI)
	w.strings("hooks", &m.Hooks)
	list(w, "capabilities", &m.Capabilities)
	list(w, "secrets", &m.Secrets)
	w.value("settings", &m.Settings)
	list(w, "presets", &m.Presets)
	list(w, "samples", &m.Samples)
}

// AppendManifests appends what a module says of its plugins: an array.
func AppendManifests(dst []byte, manifests []Manifest) []byte {
	dst = append(dst, '[')
	for i := range manifests {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMessage(dst, &manifests[i])
	}
	return append(dst, ']')
}

// ParseManifests reads the array. Unknown members are refused.
func ParseManifests(data []byte) ([]Manifest, error) {
	w := walk{in: newReader(data), strict: true}
	var list []Manifest
	for more := w.in.enter('[', ']', "an array of manifests is expected"); more; more = w.in.next(']') {
		var m Manifest
		w.message(&m)
		list = append(list, m)
	}
	return list, w.in.end()
}

// AppendJSON appends the call.
func (c *HostCall) AppendJSON(dst []byte) []byte { return appendMessage(dst, c) }

// ParseHostCalls reads an array of calls. Unknown members are refused.
func ParseHostCalls(data []byte) ([]HostCall, error) {
	w := walk{in: newReader(data), strict: true}
	var calls []HostCall
	for more := w.in.enter('[', ']', "an array of calls is expected"); more; more = w.in.next(']') {
		var c HostCall
		w.message(&c)
		calls = append(calls, c)
	}
	return calls, w.in.end()
}
