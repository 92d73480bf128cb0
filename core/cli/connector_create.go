package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) connectorCreate() *cobra.Command {
	var input admin.NewConnector
	var clients []string
	c := &cobra.Command{
		Use: "create NAME", Short: "let people sign in with another provider", Args: arguments("NAME"),
		Long: "Let people sign in with another provider: make an instance of a plugin with\nsettings, secrets and grants, offer it at all clients or some, and say how whom\nit names is dealt with. " +
			"'postern connector presets' lists the plugins.\n\nThe provider must know the redirect URI, which is the server's address with\n/callback/NAME behind. A connector that lacks something is made too, and is\n" +
			"enabled later: that is how to learn the address first.\n\nOnly who is linked can sign in with it: people link their account when they are\nsigned in, you link them by 'postern user link', or --create-users and\n--link-by-email do.",
		Example: "  postern connector create github --plugin github --set client_id=Iv1.0123456789 \\\n    --secret client_secret=github.secret --grant github.com --grant api.github.com --create-users",
	}
	settings := newSettingsFlags(c)
	c.Flags().StringVar(&input.Plugin, "plugin", "", "`PLUGIN` that signs people in (default: of the instance NAME, if there is one)")
	c.Flags().StringVar(&input.Preset, "preset", "", "settings of the plugin to begin with (default: those named like it)")
	secrets := c.Flags().StringArray("secret", nil, "secret of the plugin, `NAME=FILE` (- is standard input; repeatable)")
	c.Flags().StringArrayVar(&input.Grants, "grant", nil, "`HOST` that it may reach, or another capability, CAPABILITY=TARGET (repeatable)")
	c.Flags().StringVar(&input.Org, "org", core.DefaultOrganisation, "organisation whose people sign in with it")
	c.Flags().StringArrayVar(&clients, "client", nil, "offer it at this client alone, by name or client ID (repeatable; default: at all)")
	c.Flags().IntVar(&input.Position, "position", admin.DefaultPosition, "place among the connectors")
	flags := newConnectorFlags(c)
	issuerFlag(c)
	c.PreRunE = func(*cobra.Command, []string) error {
		if err := settings.check(); err != nil {
			return err
		}
		return checkSecretFlags(*secrets, settings.file)
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		input.Name, input.Edit = args[0], flags.apply
		if input.Settings, err = settings.read(p); err != nil {
			return err
		}
		if input.Secrets, err = p.readSecrets(ctx, *secrets); err != nil {
			return err
		}
		if input.Clients, err = clientIDs(ctx, s, input.Org, clients); err != nil {
			return err
		}
		made, err := s.CreateConnector(ctx, input)
		if err != nil {
			return demandPlugin(err, input)
		}
		return p.reportConnector(s, made)
	})
	return c
}

// demandPlugin words the mistakes of leaving the plugin out and of misspelling it.
func demandPlugin(err error, input admin.NewConnector) error {
	missing, ok := errors.AsType[*admin.MissingError](err)
	switch {
	case !ok || missing.What != "plugin":
		return err
	case input.Plugin == "":
		return failf("give --plugin; 'postern connector presets' lists them", "nothing says which plugin signs people in")
	}
	return failf("run 'postern connector presets' to see those that sign people in", "%s", missing)
}

// reportConnector prints what to tell the provider, and what is still to be done.
func (p *program) reportConnector(s *session, made *admin.Connector) error {
	p.note("created connector %s", made.Instance)
	if s.guessed {
		p.note("note: the server was not started yet, so the redirect URI is a guess; give --issuer, or run 'postern connector show %s' after its start", made.Instance)
	}
	if made.Disabled {
		p.note("note: it is disabled, because it lacks what its plugin needs")
	}
	if !made.CreateUsers && !made.LinkByEmail {
		p.note("note: only who is linked can sign in with it; 'postern user link USER %s SUBJECT' links somebody", made.Instance)
	}
	view := viewConnector(s.issuer, made)
	return p.print(view, func(w io.Writer) {
		registered(w, view.RedirectURI, view.LogoutURI)
		connectorSteps(w, made)
	})
}

// registered prints what the provider must know, if there is something.
func registered(w io.Writer, redirectURI, logoutURI string) {
	if redirectURI == "" && logoutURI == "" {
		return
	}
	io.WriteString(w, "Register this at the provider:\n\n")
	fields(w, []admin.Row{{Field: "Redirect URI", Value: redirectURI}, {Field: "Redirect URI after logout", Value: logoutURI}})
}

// clientIDs finds clients of the organisation by name, others by client ID.
func clientIDs(ctx context.Context, s *session, org string, names []string) ([]string, error) {
	var ids []string
	for _, name := range names {
		client, err := s.FindClient(ctx, org, name)
		if errors.Is(err, core.ErrNotFound) {
			if shared, other := s.Client(ctx, name); other == nil {
				client, err = shared, nil
			}
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, client.ID)
	}
	return ids, nil
}

// checkSecretFlags refuses to read standard input twice.
func checkSecretFlags(secrets []string, settings string) error {
	fromStdin := 0
	if settings == "-" {
		fromStdin++
	}
	for _, secret := range secrets {
		name, file, found := strings.Cut(secret, "=")
		if !found || name == "" || file == "" {
			return usagef("write --secret NAME=FILE, or NAME=- for standard input", "%q is no file with a secret", name)
		}
		if file == "-" {
			fromStdin++
		}
	}
	if fromStdin > 1 {
		return usagef("put the others into files", "standard input can be read only once")
	}
	return nil
}

// readSecrets reads files, each without the end of its last line.
func (p *program) readSecrets(ctx context.Context, flags []string) (map[string][]byte, error) {
	secrets := map[string][]byte{}
	for _, flag := range flags {
		name, file, _ := strings.Cut(flag, "=")
		value, err := p.secretIn(ctx, file)
		if err != nil {
			return nil, err
		}
		secrets[name] = value
	}
	return secrets, nil
}

func (p *program) secretIn(ctx context.Context, file string) ([]byte, error) {
	if file == "-" {
		return p.readSecret(ctx)
	}
	value, err := p.readFile(file)
	return withoutLineEnd(value), err
}

// settingsFlags say what is laid over settings.
type settingsFlags struct {
	file string
	sets []string
}

func newSettingsFlags(c *cobra.Command) *settingsFlags {
	f := &settingsFlags{}
	c.Flags().SortFlags = false
	c.Flags().StringArrayVar(&f.sets, "set", nil, "setting `PATH=VALUE`, such as claims.name=login: JSON, or else a string (repeatable)")
	c.Flags().StringVar(&f.file, "settings", "", "`FILE` with settings, a JSON object (- is standard input)")
	return f
}

func (f *settingsFlags) check() error {
	for _, set := range f.sets {
		path, _, found := strings.Cut(set, "=")
		if !found || strings.Contains("."+path+".", "..") {
			return usagef("write --set PATH=VALUE, with a dot between the names of the path", "%q is no setting", path)
		}
	}
	return nil
}

// read gives what is laid over settings, the file first.
func (f *settingsFlags) read(p *program) (layers [][]byte, err error) {
	if f.file != "" {
		text, err := p.readFile(f.file)
		if err != nil {
			return nil, err
		}
		layers = append(layers, text)
	}
	for _, set := range f.sets {
		layers = append(layers, oneSetting(set))
	}
	return layers, nil
}

// oneSetting gives the object that has the value at the path.
func oneSetting(set string) []byte {
	path, text, _ := strings.Cut(set, "=")
	value := json.RawMessage(text)
	if !json.Valid(value) {
		value = mustJSON(text)
	}
	names := strings.Split(path, ".")
	for i := len(names) - 1; i >= 0; i-- {
		value = mustJSON(map[string]json.RawMessage{names[i]: value})
	}
	return value
}

// mustJSON encodes strings and what was parsed, which never fails.
func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
