package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const clientColumns = `c.id, c.org, c.name, c.display_name, c.preset, c.secret_hash, c.auth_methods, c.redirect_uris, c.post_logout_redirect_uris,
	c.grant_types, c.response_types, c.scopes, c.id_token_alg, c.native, c.require_pkce, c.skip_consent, c.offline_without_prompt,
	c.query_token, c.shared, c.disabled, c.logo_uri, c.client_uri, c.policy_uri, c.terms_uri, c.access_ttl, c.id_token_ttl, c.refresh_ttl,
	c.created_at, c.updated_at, c.allowed_groups, c.metadata, c.sealed_secret, c.registration_hash, c.sign_in`

func scanClient(r *sqlite.Row, client *core.Client) (err error) {
	c := core.Client{ID: r.Text(), Org: r.Text(), Name: r.Text(), DisplayName: r.Text(), Preset: r.Text(), SecretHash: readHash(r)}
	c.AuthMethods = readWords(r)
	if c.RedirectURIs, err = readListJSON(r); err != nil {
		return err
	}
	if c.PostLogoutRedirectURIs, err = readListJSON(r); err != nil {
		return err
	}
	c.GrantTypes = readWords(r)
	if c.ResponseTypes, err = readListJSON(r); err != nil {
		return err
	}
	c.Scopes, c.IDTokenAlg = readWords(r), r.Text()
	c.Native, c.RequirePKCE, c.SkipConsent, c.OfflineWithoutPrompt = r.Bool(), r.Bool(), r.Bool(), r.Bool()
	c.QueryToken, c.Shared, c.Disabled = r.Bool(), r.Bool(), r.Bool()
	c.LogoURI, c.ClientURI, c.PolicyURI, c.TermsURI = r.Text(), r.Text(), r.Text(), r.Text()
	c.AccessTTL, c.IDTokenTTL, c.RefreshTTL = readDuration(r), readDuration(r), readDuration(r)
	c.CreatedAt, c.UpdatedAt = readTime(r), readTime(r)
	if c.AllowedGroups, err = readListJSON(r); err != nil {
		return err
	}
	if err := json.Unmarshal(r.View(), &c.Metadata); err != nil {
		return err
	}
	c.SealedSecret, c.RegistrationHash = r.Blob(), readHash(r)
	if err := readJSON(r, &c.SignIn); err != nil {
		return err
	}
	*client = c
	return nil
}

func readDuration(r *sqlite.Row) time.Duration { return time.Duration(r.Int()) * time.Millisecond }

// Client gives the client, or core.ErrNotFound. It reads the generation and, if
// that is new, the client.
func (s *Store) Client(ctx context.Context, id string) (*core.Client, error) {
	var client *core.Client
	err := s.read(ctx, func(c *sqlite.Conn) error {
		generation, err := readGeneration(c)
		if err != nil {
			return err
		}
		_, client, err = s.clientAt(c, generation, id)
		return err
	})
	return client, err
}

const (
	selectClientByName = `SELECT ` + clientColumns + ` FROM clients c WHERE c.org = $1 AND c.name_folded = $2`

	// In any organisation, unless two of them have the name.
	selectClientByAnyName = `SELECT ` + clientColumns + ` FROM clients c WHERE c.name_folded = $1
		AND NOT EXISTS (SELECT 1 FROM clients other WHERE other.name_folded = $1 AND other.org <> c.org)`
)

// ClientByName gives the client of that name, folded, or core.ErrNotFound. Org ""
// stands for any organisation; a name that two of them have is not found then.
func (s *Store) ClientByName(ctx context.Context, org, name string) (*core.Client, error) {
	text, args := selectClientByName, []any{org, core.FoldName(name)}
	if org == "" {
		text, args = selectClientByAnyName, args[1:]
	}
	var client core.Client
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, text, func(r *sqlite.Row) error { return scanClient(r, &client) }, args...)
	})
	if err != nil {
		return nil, err
	}
	return &client, nil
}

const selectClients = `SELECT ` + clientColumns + ` FROM clients c WHERE ($1 = '' OR c.org = $1) ORDER BY c.name_folded, c.org`

// Clients gives the clients of an organisation, of all if org is empty, ordered
// by name.
func (s *Store) Clients(ctx context.Context, org string) ([]core.Client, error) {
	return list(ctx, s, selectClients, scanClient, org)
}

// FindClients gives the clients that the filter selects, ordered by name.
func (s *Store) FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error) {
	text, args := clientsQuery(filter)
	return list(ctx, s, text, scanClient, args...)
}

func clientsQuery(filter core.ClientFilter) (text string, args []any) {
	var q query
	q.equal("c.org", filter.Org)
	if filter.Search != "" {
		q.and(`c.search LIKE ? ESCAPE '\'`, containing(filter.Search))
	}
	q.behind("c.name_folded", "c.id", filter.After, filter.AfterID)
	return q.text(`SELECT `+clientColumns+` FROM clients c`, `c.name_folded, c.id`, filter.Limit)
}

const (
	insertClient = `INSERT INTO clients (id, org, name, name_folded, display_name, preset, secret_hash, auth_methods, redirect_uris,
			post_logout_redirect_uris, grant_types, response_types, scopes, id_token_alg, native, require_pkce, skip_consent,
			offline_without_prompt, query_token, shared, disabled, logo_uri, client_uri, policy_uri, terms_uri,
			access_ttl, id_token_ttl, refresh_ttl, created_at, updated_at, allowed_groups, metadata, sealed_secret, registration_hash, backchannel, sign_in, search)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)`

	replaceClient = `UPDATE clients SET org = $2, name = $3, name_folded = $4, display_name = $5, preset = $6, secret_hash = $7, auth_methods = $8,
			redirect_uris = $9, post_logout_redirect_uris = $10, grant_types = $11, response_types = $12, scopes = $13, id_token_alg = $14,
			native = $15, require_pkce = $16, skip_consent = $17, offline_without_prompt = $18, query_token = $19, shared = $20, disabled = $21,
			logo_uri = $22, client_uri = $23, policy_uri = $24, terms_uri = $25, access_ttl = $26, id_token_ttl = $27, refresh_ttl = $28,
			created_at = $29, updated_at = $30, allowed_groups = $31, metadata = $32, sealed_secret = $33, registration_hash = $34, backchannel = $35, sign_in = $36, search = $37
		WHERE id = $1`
)

// clientValues are the arguments of both statements above.
func clientValues(c core.Client) []any {
	return []any{
		c.ID, c.Org, c.Name, core.FoldName(c.Name), c.DisplayName, c.Preset, optionalHash(c.SecretHash), joinWords(c.AuthMethods), listJSON(c.RedirectURIs),
		listJSON(c.PostLogoutRedirectURIs), joinWords(c.GrantTypes), listJSON(c.ResponseTypes), joinWords(c.Scopes), c.IDTokenAlg,
		c.Native, c.RequirePKCE, c.SkipConsent, c.OfflineWithoutPrompt, c.QueryToken, c.Shared, c.Disabled,
		c.LogoURI, c.ClientURI, c.PolicyURI, c.TermsURI, c.AccessTTL.Milliseconds(), c.IDTokenTTL.Milliseconds(), c.RefreshTTL.Milliseconds(),
		millis(c.CreatedAt), millis(c.UpdatedAt), listJSON(c.AllowedGroups), mustJSON(c.Metadata), append([]byte{}, c.SealedSecret...), optionalHash(c.RegistrationHash),
		c.Metadata.BackchannelLogoutURI != "", mustJSON(c.SignIn), clientSearched(&c),
	}
}

func createClient(conn *sqlite.Conn, c core.Client) error {
	if err := clientNameFree(conn, c); err != nil {
		return err
	}
	_, err := conn.Exec(insertClient, clientValues(c)...)
	return taken(err, "client id")
}

func updateClient(conn *sqlite.Conn, update core.UpdateClient) error {
	c, held := update.Client, update.Held
	if err := unchanged(conn, "clients", "id", c.ID, update.Was); err != nil {
		return err
	}
	if err := clientNameFree(conn, c); err != nil {
		return err
	}
	if held.IsZero() {
		return mustChange(conn.Exec(replaceClient, clientValues(c)...))
	}
	return mustWin(conn.Exec(replaceClient+` AND registration_hash = $38`, append(clientValues(c), held[:])...))
}

func clientNameFree(conn *sqlite.Conn, c core.Client) error {
	return conn.Query(`SELECT 1 FROM clients WHERE org = $1 AND name_folded = $2 AND id <> $3`, func(*sqlite.Row) error {
		return &core.ConflictError{What: "client name"}
	}, c.Org, core.FoldName(c.Name), c.ID)
}

// deleteClient deletes what refers to the client too, by the schema: the bindings of
// plugins to it among them.
func deleteClient(conn *sqlite.Conn, id string) error {
	_, err := conn.Exec(`UPDATE plugin_instances SET updated_at = updated_at + 1
		WHERE name IN (SELECT instance FROM plugin_bindings WHERE client_id = $1)`, id)
	if err != nil {
		return err
	}
	_, err = conn.Exec(`DELETE FROM clients WHERE id = $1`, id)
	return err
}
