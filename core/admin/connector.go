package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// NewConnector describes a connector to be made. An instance of its name that serves
// no sign-in is made one, with what it has already.
type NewConnector struct {
	Name   string // of the connector and of its plugin instance
	Plugin string // id; "" is that of the instance that is there
	// Preset is one of the plugin's; "" is the one that is named like the plugin, if
	// there is one.
	Preset string
	Org    string // "" is the default organisation
	// Settings, JSON objects, are laid over those of the preset in their order, and over
	// those that the instance has.
	Settings [][]byte
	Secrets  map[string][]byte // by name
	// Grants are what it may use: a host, for each capability of the plugin that
	// reaches out, or "clock", or "http.fetch=api.example.org".
	Grants   []string
	Clients  []string // client IDs; none: it serves all clients
	Position int      // 0 is DefaultPosition
	// Edit, if not nil, fills in the rest. What it says of name, organisation, times
	// and Disabled does not count.
	Edit func(*core.Connector)
	// Fresh refuses an instance that is there: it may be somebody else's.
	Fresh bool
}

// Connector is a connector with its plugin instance.
type Connector struct {
	core.Connector
	Plugin Instance
	// Missing is what it needs and has not been given. As long as there is something
	// it stays disabled.
	Missing []Need
	// Beyond is what a capability that was granted for other hosts may be needed for:
	// hosts that the settings name.
	Beyond []Need
}

// Version is that of its instance: whatever changes the connector moves that on.
func (c *Connector) Version() Version { return VersionOf(c.Plugin.UpdatedAt) }

// CreateConnector makes a connector: the instance of the plugin with settings, secrets
// and grants, its bindings, and how the host deals with whom it names. One that lacks
// something that its plugin needs is made too, but disabled, because providers want to
// know the address of the callback before they give a secret.
func (s *Service) CreateConnector(ctx context.Context, actor Actor, input NewConnector) (*Connector, error) {
	for try := 1; ; try++ {
		made, err := s.createConnector(ctx, actor, input)
		if !errors.Is(err, core.ErrStale) || try == tries {
			return made, err
		}
	}
}

func (s *Service) createConnector(ctx context.Context, actor Actor, input NewConnector) (*Connector, error) {
	plan, err := s.planConnector(ctx, input)
	if err != nil {
		return nil, err
	}
	changes, err := s.connectorChanges(actor, plan)
	if err != nil {
		return nil, err
	}
	if err := s.apply(ctx, changes...); err != nil {
		return nil, connectorFailed("make the connector", &plan.connector, err)
	}
	made, err := s.FindConnector(ctx, plan.connector.Instance)
	if err != nil {
		return nil, err
	}
	made.Missing = plan.missing
	return made, nil
}

// connectorPlan is a connector that was checked.
type connectorPlan struct {
	plugin    *Plugin
	preset    *PluginPreset
	there     *core.PluginInstance // nil: it is made
	instance  core.PluginInstance
	grants    []core.PluginGrant // that are new
	secrets   map[string][]byte
	connector core.Connector
	bindings  []core.PluginBinding // that are new
	missing   []Need
	now       time.Time
}

// planConnector gathers the mistakes of all parts. What does not exist at all is an
// error of its own.
func (s *Service) planConnector(ctx context.Context, input NewConnector) (*connectorPlan, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	if connectorOf(config, input.Name) != nil {
		return nil, taken("name", "connector", input.Name)
	}
	plan := &connectorPlan{there: instanceOf(config, input.Name), secrets: input.Secrets, now: s.Now()}
	if input.Fresh && plan.there != nil {
		return nil, taken("name", "plugin instance", input.Name)
	}
	if plan.plugin, err = s.connectorPlugin(ctx, plan.there, input); err != nil {
		return nil, err
	}
	org := orDefault(input.Org)
	if _, err := s.Organisation(ctx, org); err != nil {
		return nil, err
	}
	clients, err := s.clientsByID(ctx, input.Clients)
	if err != nil {
		return nil, err
	}
	var p problems
	checkInstanceName(&p, input.Name)
	plan.preset = choosePreset(&p, plan.plugin, input.Preset)
	plan.draft(org, input)
	checkConnector(&p, config, plan.plugin, &plan.connector)
	for _, client := range clients {
		checkAdmits(&p, client, &plan.connector)
	}
	s.planInstance(ctx, &p, plan, input)
	if err := p.err(); err != nil {
		return nil, err
	}
	plan.bindings = missingBindings(config, plan.plugin, input)
	plan.missing = connectorNeeds(plan.plugin, plan.preset.Targets, &plan.instance, plan.secrets)
	plan.connector.Disabled = len(plan.missing) > 0
	return plan, nil
}

// connectorPlugin gives the plugin that the connector runs.
func (s *Service) connectorPlugin(ctx context.Context, there *core.PluginInstance, input NewConnector) (*Plugin, error) {
	switch {
	case there == nil:
		return s.FindPlugin(ctx, input.Plugin)
	case input.Plugin != "" && input.Plugin != there.Plugin:
		return nil, invalid("name", "choose another name", "the instance %q is of plugin %q", there.Name, there.Plugin)
	}
	return s.pluginOf(ctx, there)
}

func (s *Service) clientsByID(ctx context.Context, ids []string) ([]*core.Client, error) {
	clients := make([]*core.Client, len(ids))
	for i, id := range ids {
		var err error
		if clients[i], err = s.clientByID(ctx, id); err != nil {
			return nil, err
		}
	}
	return clients, nil
}

// choosePreset gives an empty one where none is meant.
func choosePreset(p *problems, plugin *Plugin, name string) *PluginPreset {
	wanted := name
	if name == "" {
		wanted = plugin.ID
	}
	names := make([]string, len(plugin.Presets))
	for i := range plugin.Presets {
		if names[i] = plugin.Presets[i].Name; names[i] == wanted {
			return &plugin.Presets[i]
		}
	}
	if name != "" {
		hint := "it has none"
		if len(names) > 0 {
			hint = "it has " + strings.Join(names, ", ")
		}
		p.add("preset", hint, "plugin %q has no preset %q", plugin.ID, shown(name))
	}
	return &PluginPreset{}
}

// draft fills the connector in. In brackets a preset's title says what the settings
// need, which is not for the people who sign in.
func (plan *connectorPlan) draft(org string, input NewConnector) {
	c := core.Connector{DisplayName: clean(plan.preset.Title)}
	c.DisplayName, _, _ = strings.Cut(c.DisplayName, " (")
	if slices.Contains(ConnectorIcons(), plan.preset.Icon) {
		c.Icon = plan.preset.Icon
	}
	if input.Edit != nil {
		input.Edit(&c)
	}
	c.Instance, c.Org, c.Disabled, c.CreatedAt, c.UpdatedAt = input.Name, org, false, plan.now, plan.now
	c.Domains = slices.Sorted(slices.Values(c.Domains))
	plan.connector = c
}

// planInstance fills the instance in and checks what it is given.
func (s *Service) planInstance(ctx context.Context, p *problems, plan *connectorPlan, input NewConnector) {
	if plan.there != nil {
		plan.instance = *plan.there
	} else {
		plan.instance = newInstance(input.Name, plan.plugin.ID, plan.plugin.Module, nil, plan.now)
	}
	plan.instance.Settings = layered(append([][]byte{plan.preset.Settings, plan.instance.Settings}, input.Settings...)...)
	s.checkSettings(ctx, p, plan.plugin, plan.instance.Settings)
	for _, name := range sortedNames(input.Secrets) {
		*p = append(*p, checkSecret(plan.plugin, name, input.Secrets[name], false)...)
	}
	plan.grants = newGrants(p, plan.plugin, plan.instance.Grants, input.Grants)
	plan.instance.Grants = append(slices.Clone(plan.instance.Grants), plan.grants...)
	if len(plan.instance.Grants) > maxGrants {
		p.add("grants", "", "%d grants are more than %d, which is the most", len(plan.instance.Grants), maxGrants)
	}
}

// missingBindings gives those to all of the plugin's hooks by which people sign in.
func missingBindings(config *core.PluginConfig, plugin *Plugin, input NewConnector) []core.PluginBinding {
	position := input.Position
	if position == 0 {
		position = DefaultPosition
	}
	clients := slices.Compact(slices.Sorted(slices.Values(input.Clients)))
	if len(clients) == 0 {
		clients = []string{""}
	}
	var bindings []core.PluginBinding
	for _, hook := range plugin.Hooks {
		for _, client := range clients {
			b := core.PluginBinding{Instance: input.Name, Hook: hook, ClientID: client, Position: position}
			same := func(other core.PluginBinding) bool {
				return other.Instance == b.Instance && other.Hook == hook && other.ClientID == client
			}
			if signsIn(hook) && !slices.ContainsFunc(config.Bindings, same) {
				bindings = append(bindings, b)
			}
		}
	}
	return bindings
}

// connectorChanges gives what makes the connector, each part with its record.
func (s *Service) connectorChanges(actor Actor, plan *connectorPlan) ([]core.Change, error) {
	if len(plan.secrets) > 0 && s.Sealer == nil {
		return nil, errors.New("make the connector: nothing here can seal its secrets")
	}
	i := &plan.instance
	var changes []core.Change
	if plan.there == nil {
		changes = append(changes, core.SaveInstance{Instance: *i, New: true}, s.createdRecord(actor, i))
	} else {
		changes = append(changes, s.replaceInstance(plan.there, *i), s.settingsRecord(actor, plan.there, i.Settings))
	}
	for _, grant := range plan.grants {
		changes = append(changes, s.grantRecord(actor, core.EventPluginGranted, i, grant))
	}
	for _, name := range sortedNames(plan.secrets) {
		sealed := s.Sealer.Seal(plan.secrets[name], core.SecretPurpose(i.Name, name))
		changes = append(changes, core.SaveSecret{Instance: i.Name, Secret: core.PluginSecret{Name: name, Sealed: sealed, UpdatedAt: plan.now}},
			s.instanceRecord(actor, core.EventPluginSecretSet, i, map[string]string{"secret": name}))
	}
	changes = append(changes, core.SaveConnector{Connector: plan.connector},
		s.connectorRecord(actor, plan.plugin.ID, &core.Connector{}, &plan.connector, "created"))
	for _, b := range plan.bindings {
		changes = append(changes, s.bindChanges(actor, plan.now, b)...)
	}
	return ofOrganisation(plan.connector.Org, changes), nil
}

// ofOrganisation lets the events of changes to a connector be of its organisation, where
// they do not say of which they are: those of its instance and bindings.
func ofOrganisation(org string, changes []core.Change) []core.Change {
	for i, change := range changes {
		if record, is := change.(core.Record); is && record.Event.Org == "" {
			record.Event.Org = org
			changes[i] = record
		}
	}
	return changes
}

// connectorFailed explains what the store refused.
func connectorFailed(what string, c *core.Connector, err error) error {
	conflict, ok := errors.AsType[*core.ConflictError](err)
	switch {
	case ok && strings.HasPrefix(conflict.What, "domain "):
		return taken("domains", "domain", strings.TrimPrefix(conflict.What, "domain "))
	case ok && conflict.What == "plugin instance":
		return taken("name", conflict.What, c.Instance)
	case ok:
		return alreadyBound(c.Instance)
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "connector", Name: c.Instance}
	}
	return wrap(what, err)
}

// SignInPlugins gives the plugins that a connector can be made of.
func (s *Service) SignInPlugins(ctx context.Context) ([]Plugin, error) {
	plugins, err := s.KnownPlugins(ctx)
	return slices.DeleteFunc(slices.Clone(plugins), func(plugin Plugin) bool { return !slices.ContainsFunc(plugin.Hooks, signsIn) }), err
}

// Connectors gives the connectors of an organisation, of all if org is empty, by
// name. The caller must not change them.
func (s *Service) Connectors(ctx context.Context, org string) ([]Connector, error) {
	plugins, err := s.KnownPlugins(ctx)
	if err != nil {
		return nil, err
	}
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	var list []Connector
	for i := range config.Connectors {
		if c := &config.Connectors[i]; org == "" || c.Org == org {
			list = append(list, connectorState(plugins, config, c))
		}
	}
	return list, nil
}

func connectorState(plugins []Plugin, config *core.PluginConfig, c *core.Connector) Connector {
	instance := instanceOf(config, c.Instance)
	state := Connector{Connector: *c, Plugin: stateOf(plugins, config, instance)}
	if plugin := pluginAmong(plugins, instance.Plugin, instance.Module); plugin != nil {
		state.Missing, state.Beyond = connectorNeeds(plugin, nil, instance, nil), beyondGrants(plugin, instance)
	}
	return state
}

// FindConnector gives the connector of that name.
func (s *Service) FindConnector(ctx context.Context, name string) (*Connector, error) {
	list, err := s.Connectors(ctx, "")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(c Connector) bool { return c.Instance == name })
	if i < 0 {
		return nil, &MissingError{What: "connector", Name: name}
	}
	return &list[i], nil
}

func connectorOf(config *core.PluginConfig, name string) *core.Connector {
	i := slices.IndexFunc(config.Connectors, func(c core.Connector) bool { return c.Instance == name })
	if i < 0 {
		return nil
	}
	return &config.Connectors[i]
}

// connectorRecord says which switches were turned, and to what.
func (s *Service) connectorRecord(actor Actor, plugin string, before, after *core.Connector, change string) core.Record {
	detail := map[string]string{"connector": after.Instance, "plugin": plugin, "organisation": after.Org, "change": change}
	changed := connectorFields(before, after)
	for _, f := range changed {
		if is, isSwitch := f.after.(bool); isSwitch && f.before != f.after {
			detail[f.name] = strconv.FormatBool(is)
		}
	}
	fields := changesOf(changed)
	if len(fields) > 0 {
		detail["fields"] = strings.Join(fieldNames(fields), " ")
	}
	if !slices.Equal(before.Domains, after.Domains) {
		detail["domains"] = strings.Join(after.Domains, " ")
	}
	return s.record(actor, s.Now(), core.Event{Type: core.EventConnectorSaved, Org: after.Org, Fields: fields, Detail: detail})
}
