package admin

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// importedClientID is what a client id from elsewhere may be: it stands in paths and in
// keys of the store, between blanks and before colons.
var importedClientID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// checkClientID refuses what no client is called by, and what Postern calls its own.
func checkClientID(p *problems, id string) {
	switch {
	case !importedClientID.MatchString(id):
		p.add("client_id", "use letters, digits and . _ -", "a client id has 1 to 100 letters, digits and . _ - here")
	case strings.HasPrefix(id, ownClient):
		p.add("client_id", "choose another one", "client ids that begin with %s are Postern's own", ownClient)
	}
}

// ownClient begins the identifiers of clients that every directory has.
const ownClient = "postern-"

// leastSecret is how many characters a secret has that nobody can guess at: secrets are
// kept as a fast hash.
const leastSecret = 22

// clients makes those that are not here. Of one that is, its redirect URIs are added, and
// the rest is what it is here.
func (i *importer) clients(ctx context.Context, plan *ImportPlan) error {
	seen := map[string]bool{}
	for at := range plan.Clients {
		in := &plan.Clients[at]
		row := ImportRow{Kind: "client", Org: i.placed(in.Org), Name: in.title(), Notes: slices.Clone(in.Notes)}
		err := i.once(seen, in.ID, "client_id", "client")
		if err == nil {
			err = i.client(ctx, in, &row)
		}
		if err := i.row(row, err); err != nil {
			return err
		}
	}
	return nil
}

// title names the client for people, who know it by its name.
func (in *ImportClient) title() string {
	if in.Name == "" || in.Name == in.ID {
		return in.ID
	}
	return in.Name + " (" + in.ID + ")"
}

func (i *importer) client(ctx context.Context, in *ImportClient, row *ImportRow) error {
	switch {
	case !importedClientID.MatchString(in.ID):
		return invalid("client_id", "make the client here, and give the application its new client id", "a client id has 1 to 100 letters, digits and . _ - here")
	case strings.HasPrefix(in.ID, ownClient):
		return invalid("client_id", "make the client here, and give the application its new client id", "client ids that begin with %s are Postern's own", ownClient)
	}
	if _, err := i.Organisation(ctx, row.Org); err != nil {
		return err
	}
	there, err := i.Store.Client(ctx, in.ID)
	missing, err := absent(there, err)
	switch {
	case err != nil:
		return wrap("read the client", err)
	case missing:
		return i.createClient(ctx, in, row)
	case there.Org != row.Org:
		return invalid("client_id", "", "the client id is that of a client in the organisation %s", there.Org)
	}
	return i.addRedirects(ctx, in, row, there)
}

func (i *importer) createClient(ctx context.Context, in *ImportClient, row *ImportRow) error {
	client, bound, err := i.importedClient(in, row)
	if err != nil {
		return err
	}
	p := checkClient(client)
	if err := i.checkSignInAt(ctx, &p, client); err != nil {
		return err
	}
	if err := p.err(); err != nil {
		return err
	}
	if err := i.takeSecret(client, in.Secret, &row.Notes); err != nil {
		return err
	}
	other, err := i.Store.ClientByName(ctx, client.Org, client.Name)
	switch {
	case err == nil:
		return invalid("name", "rename one of both", "the name %q is that of the client %s", client.Name, other.ID)
	case !errors.Is(err, core.ErrNotFound):
		return wrap("read the client", err)
	}
	record := i.clientRecord(i.actor, client.CreatedAt, core.EventClientCreated, client, map[string]string{"preset": client.Preset})
	record.Event.Fields = changesOf(clientFields(&core.Client{}, client))
	plugins, err := i.bindPreset(ctx, i.actor, client, bound)
	if err != nil {
		return err
	}
	changes := append([]core.Change{core.CreateClient{Client: *client}, record}, plugins...)
	row.Result = ImportCreated
	return i.applyClient(ctx, "create the client", client, i.marked(changes))
}

// importedClient fills in a client as its preset says, with what the plan has of it.
func (i *importer) importedClient(in *ImportClient, row *ImportRow) (*core.Client, []binding, error) {
	name := in.Preset
	if name == "" && in.Secret == "" {
		name = PresetSPA
	}
	preset, err := presetOf(name)
	if err != nil {
		return nil, nil, err
	}
	client, now := preset.client, i.Now()
	client.ID, client.Org, client.Preset, client.CreatedAt, client.UpdatedAt = in.ID, row.Org, preset.Name, now, now
	if client.Name = in.Name; client.Name == "" {
		client.Name = shortened(in.ID, 64)
	}
	client.RedirectURIs = keptRedirects(in.RedirectURIs, client.Native, "redirect URI", &row.Notes)
	client.PostLogoutRedirectURIs = keptRedirects(in.PostLogoutRedirectURIs, client.Native, "post-logout redirect URI", &row.Notes)
	for _, scope := range in.Scopes {
		switch {
		case scope == core.ScopeAdministration:
			row.Notes = append(row.Notes, "the scope "+scope+" was left out: it lets a client administer, and is given here alone")
		case !slices.Contains(client.Scopes, scope):
			client.Scopes = append(slices.Clone(client.Scopes), scope)
		}
	}
	client.RequirePKCE = client.RequirePKCE || in.RequirePKCE && preset.Name != PresetConfluence
	client.SkipConsent = client.SkipConsent || in.SkipConsent
	client.Shared, client.Disabled, client.AllowedGroups = in.Shared, in.Disabled, sortedUnique(in.AllowedGroups)
	i.describeClient(&client, in, &row.Notes)
	return &client, preset.bindings, nil
}

// describeClient fills in what is only shown, and lifetimes.
func (i *importer) describeClient(client *core.Client, in *ImportClient, notes *[]string) {
	keep(notes, "display name", &client.DisplayName, in.DisplayName, func(p *problems, v string) { checkLine(p, "display_name", v) })
	keep(notes, "logo", &client.LogoURI, in.LogoURI, checkLogo)
	keep(notes, "home page", &client.ClientURI, in.ClientURI, func(p *problems, v string) { checkURL(p, "client_uri", v) })
	keep(notes, "address of the privacy policy", &client.PolicyURI, in.PolicyURI, func(p *problems, v string) { checkURL(p, "policy_uri", v) })
	keep(notes, "address of the terms", &client.TermsURI, in.TermsURI, func(p *problems, v string) { checkURL(p, "terms_uri", v) })
	if in.BackchannelLogoutURI != "" {
		probe := *client
		probe.Metadata.BackchannelLogoutURI = in.BackchannelLogoutURI
		var p problems
		if checkLogoutURIs(&p, &probe); len(p) == 0 {
			client.Metadata.BackchannelLogoutURI = in.BackchannelLogoutURI
		} else {
			*notes = append(*notes, "the back-channel logout address was left out: "+p[0].Text)
		}
	}
	client.AccessTTL = min(in.AccessTTL, maxTTL)
	if client.AccessTTL > 0 {
		client.AccessTTL = max(client.AccessTTL, minTTL)
	}
	client.RefreshTTL = min(in.RefreshTTL, maxFamily)
	if in.AccessTTL > maxTTL || in.RefreshTTL > maxFamily {
		*notes = append(*notes, "tokens live shorter here: access tokens at most a day, refresh tokens at most 400 days")
	}
}

// takeSecret keeps the secret that the application has already.
func (i *importer) takeSecret(client *core.Client, secret string, notes *[]string) error {
	if secret == "" || !client.UsesSecret() {
		made, err := i.giveSecret(client)
		if made != "" {
			*notes = append(*notes, "there was no secret: make one with 'postern client rotate-secret "+client.ID+"'")
		}
		return err
	}
	if len(secret) > 255 || !ascii(secret) {
		return invalid("client_secret", "make another secret there first", "the secret has blanks, or characters that are no ASCII, or more than 255")
	}
	client.SecretHash = core.HashClientSecret(secret)
	if utf8.RuneCountInString(secret) < leastSecret {
		*notes = append(*notes, fmt.Sprintf("the secret is short enough to be guessed at (fewer than %d characters): rotate it soon", leastSecret))
	}
	return nil
}

// keptRedirects leaves out what cannot be a redirect URI.
func keptRedirects(uris []string, native bool, what string, notes *[]string) []string {
	var kept []string
	for _, uri := range uris {
		refused := oauth.CheckRedirectURI(uri, native)
		switch {
		case refused != nil:
			*notes = append(*notes, fmt.Sprintf("the %s %q was left out: %s", what, shown(uri), clause(refused.Description)))
		case len(kept) == maxURIs:
			*notes = append(*notes, fmt.Sprintf("the %s %q was left out: there are more than %d", what, shown(uri), maxURIs))
		case !slices.Contains(kept, uri):
			kept = append(kept, uri)
		}
	}
	return kept
}

// addRedirects adds the redirect URIs that a client that is here does not have.
func (i *importer) addRedirects(ctx context.Context, in *ImportClient, row *ImportRow, there *core.Client) error {
	row.Result = ImportUnchanged
	given := keptRedirects(in.RedirectURIs, there.Native, "redirect URI", &row.Notes)
	given = slices.DeleteFunc(given, func(uri string) bool { return slices.Contains(there.RedirectURIs, uri) })
	switch {
	case len(given) == 0:
		return nil
	case slices.Contains(there.Scopes, core.ScopeAdministration):
		return invalid("redirect_uris", "add them here", "the client here may administer, so no file says where its answers go")
	}
	if _, err := i.UpdateClient(ctx, i.actor, there.ID, "", func(c *core.Client) { c.RedirectURIs = append(c.RedirectURIs, given...) }); err != nil {
		return err
	}
	row.Result = ImportUpdated
	row.Notes = append(row.Notes, "is here already: redirect URIs were added, and the rest is as it is here")
	return nil
}

// shortened cuts a text to so many bytes of ASCII.
func shortened(text string, most int) string { return text[:min(len(text), most)] }
