package admin

import (
	"github.com/postern-id/postern/core"
)

// Declaration is what one file says that there is to be. What it does not say about an
// object stays as it is. Package managed reads one from a file.
type Declaration struct {
	// Source is how the file is known again the next time, File what it is called now.
	Source, File  string
	Organisations []DeclaredOrganisation
	Groups        []DeclaredGroup
	Clients       []DeclaredClient
	Instances     []DeclaredInstance
	Connectors    []DeclaredConnector
}

// DeclaredOrganisation is an organisation, by its name.
type DeclaredOrganisation struct {
	Name string
	// Edit makes what there is, or a new one, what the file says. Members are what that is.
	Edit    func(*core.Organisation)
	Members []string
}

// DeclaredGroup is a group, by its name. Who is in it no file says.
type DeclaredGroup struct {
	Org, Name string // Org "" is the default organisation, here and below
	Edit      func(*core.Group)
	Members   []string
}

// DeclaredClient is a client, by its client_id, or without one by its name.
type DeclaredClient struct {
	Org, ID, Name string
	Preset        string // that it is made by; "" says nothing
	Secret        string // "" says nothing: one is made for a new client that uses one
	Edit          func(*core.Client)
	Members       []string
}

// DeclaredInstance is an instance of a plugin, by its name.
type DeclaredInstance struct {
	Name   string
	Plugin string // its id
	// Settings are all of them, a JSON object; nil says nothing. So below.
	Settings []byte
	Limits   *core.PluginLimits
	Grants   *[]string // all: "clock", "http.fetch=api.example.org", or a host
	Secrets  map[string]string
	// Bindings are all but those that presets of clients make.
	Bindings *[]DeclaredBinding
}

// DeclaredBinding says that an instance serves a hook.
type DeclaredBinding struct {
	Hook     string
	Client   string // its client_id or name; "" is all clients
	Position int    // 0 is [DefaultPosition]
	FailOpen bool
	Shadow   bool
}

// DeclaredConnector is a connector with its instance, by its name.
type DeclaredConnector struct {
	Org, Name string
	Plugin    string // its id
	Preset    string // one of the plugin's
	Disabled  *bool  // nil: a new one is disabled if it lacks something
	Settings  []byte // laid over those of the preset, all of them
	Grants    *[]string
	Secrets   map[string]string
	Clients   *[]string // that it serves; none: all
	Position  int       // 0 says nothing
	Edit      func(*core.Connector)
	Members   []string
}

// ApplyOptions say how declarations are applied.
type ApplyOptions struct {
	DryRun bool
	// Prune deletes what the source managed and does not say any more. Without it such
	// objects stay, and are managed by no file.
	Prune bool
	// Guard refuses what the caller may not do; nil refuses nothing. Its error ends all.
	Guard func(step ApplyStep) error
}

// ApplyStep is what is done to one object, for who says whether it may be.
type ApplyStep struct {
	Kind core.ManagedKind
	Org  string // empty: the whole server
	// Made and Gone say that there is none before, or after.
	Made, Gone bool
	// Name is that of a connector. Before and After are those of a client, which may be nil.
	Name          string
	Before, After *core.Client
}

// ApplyResult says what became of an object.
type ApplyResult string

// What becomes of an object.
const (
	ApplyCreated   ApplyResult = "created"
	ApplyUpdated   ApplyResult = "updated"
	ApplyManaged   ApplyResult = "managed" // it was as the file says, and is managed by it now
	ApplyUnchanged ApplyResult = "unchanged"
	ApplyReleased  ApplyResult = "released" // it stays, and no file manages it
	ApplyDeleted   ApplyResult = "deleted"
)

// ApplyRow says what became of one object.
type ApplyRow struct {
	Source string
	Kind   core.ManagedKind
	Org    string // empty: it is of none
	Name   string
	ID     string // as of [core.Managed]
	Result ApplyResult
	// Fields are what was changed of it. Of secrets and settings they say only that.
	Fields []core.FieldChange
	// Notes say what is left to do, and what went with it, in lower case without a full
	// stop.
	Notes []string
	// Secret is the one that a new client got; shown this once.
	Secret string
}

// ApplyReport says what became of declarations, object by object, in the order in which it
// happened.
type ApplyReport struct {
	DryRun bool // nothing was changed: this is what would be
	Rows   []ApplyRow
}

// Count is how many objects ended so.
func (r *ApplyReport) Count(result ApplyResult) (count int) {
	for i := range r.Rows {
		if r.Rows[i].Result == result {
			count++
		}
	}
	return count
}
