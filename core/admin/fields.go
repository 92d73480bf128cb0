package admin

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// maxFieldText is how much of a value an event tells, in bytes.
const maxFieldText = 1 << 10

// field is one thing about an object that may have changed.
type field struct {
	name          string
	before, after any
	secret        bool // that it changed is told, and not to what
}

// changesOf gives those that changed, as events tell them.
func changesOf(fields []field) []core.FieldChange {
	var changes []core.FieldChange
	for _, f := range fields {
		if reflect.DeepEqual(f.before, f.after) {
			continue
		}
		change := core.FieldChange{Field: f.name, Before: told(f.before), After: told(f.after)}
		switch {
		case change.Before == change.After && !f.secret && len(change.Before) < maxFieldText:
			continue // no list, and one without members
		case f.secret:
			change.Before, change.After = "", ""
		}
		changes = append(changes, change)
	}
	return changes
}

// told writes a value for people: nothing for what is empty, words as they are, and else
// JSON.
func told(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return cut(value)
	case bool:
		return strconv.FormatBool(value)
	case time.Duration:
		if value == 0 {
			return "" // the default
		}
		return value.String()
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Slice && v.Len() == 0 {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%T", value)
	}
	return cut(string(text))
}

// cut keeps the beginning of a long text, whole characters of it.
func cut(text string) string {
	if len(text) <= maxFieldText {
		return text
	}
	text = text[:maxFieldText]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text
}

// fieldNames lists which changed, for the detail of an event: what belongs to one document is
// named once.
func fieldNames(changes []core.FieldChange) []string {
	var names []string
	for _, change := range changes {
		name, _, _ := strings.Cut(change.Field, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// members gives the fields of two documents that are written as JSON objects, each named
// behind the prefix.
func members(prefix string, before, after any) []field {
	was, is := object(before), object(after)
	all := maps.Clone(was)
	maps.Copy(all, is)
	var fields []field
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fields = append(fields, field{name: prefix + name, before: was[name], after: is[name]})
	}
	return fields
}

func object(document any) map[string]any {
	read := map[string]any{}
	text, err := json.Marshal(document)
	if err != nil || json.Unmarshal(text, &read) != nil || read == nil {
		return map[string]any{}
	}
	return read
}

func userFields(before, after *core.User) []field {
	fields := []field{
		{name: "name", before: before.Name, after: after.Name},
		{name: "email", before: before.Email, after: after.Email},
		{name: "email_verified", before: before.EmailVerified, after: after.EmailVerified},
		{name: "admin", before: before.Admin, after: after.Admin},
		{name: "disabled", before: before.Disabled, after: after.Disabled},
	}
	fields = append(fields, members("profile.", before.Profile, after.Profile)...)
	return append(fields, members("attributes.", before.Attributes, after.Attributes)...)
}

func groupFields(before, after *core.Group) []field {
	return []field{
		{name: "name", before: before.Name, after: after.Name},
		{name: "display_name", before: before.DisplayName, after: after.DisplayName},
		{name: "external_id", before: before.ExternalID, after: after.ExternalID},
	}
}

func organisationFields(before, after *core.Organisation) []field {
	fields := []field{
		{name: "display_name", before: before.DisplayName, after: after.DisplayName},
		{name: "website_url", before: before.WebsiteURL, after: after.WebsiteURL},
		{name: "logo", before: before.Logo, after: after.Logo},
		{name: "favicon", before: before.Favicon, after: after.Favicon},
		{name: "disabled", before: before.Disabled, after: after.Disabled},
	}
	fields = append(fields, members("rules.", before.Rules, after.Rules)...)
	return append(fields, members("theme.", before.Theme, after.Theme)...)
}

func accountFields(before, after *core.ServiceAccount) []field {
	return []field{
		{name: "name", before: before.Name, after: after.Name},
		{name: "description", before: before.Description, after: after.Description},
		{name: "disabled", before: before.Disabled, after: after.Disabled},
	}
}

// clientFields leaves out the secret and what proves who may manage a client: neither is
// changed by editing.
func clientFields(before, after *core.Client) []field {
	fields := []field{
		{name: "name", before: before.Name, after: after.Name},
		{name: "display_name", before: before.DisplayName, after: after.DisplayName},
		{name: "auth_methods", before: before.AuthMethods, after: after.AuthMethods},
		{name: "redirect_uris", before: before.RedirectURIs, after: after.RedirectURIs},
		{name: "post_logout_redirect_uris", before: before.PostLogoutRedirectURIs, after: after.PostLogoutRedirectURIs},
		{name: "grant_types", before: before.GrantTypes, after: after.GrantTypes},
		{name: "response_types", before: before.ResponseTypes, after: after.ResponseTypes},
		{name: "scopes", before: before.Scopes, after: after.Scopes},
		{name: "allowed_groups", before: before.AllowedGroups, after: after.AllowedGroups},
		{name: "sign_in_methods", before: before.SignIn.Methods, after: after.SignIn.Methods},
		{name: "require_sign_in", before: before.SignIn.Require, after: after.SignIn.Require},
		{name: "id_token_alg", before: before.IDTokenAlg, after: after.IDTokenAlg},
		{name: "native", before: before.Native, after: after.Native},
		{name: "require_pkce", before: before.RequirePKCE, after: after.RequirePKCE},
		{name: "skip_consent", before: before.SkipConsent, after: after.SkipConsent},
		{name: "offline_without_prompt", before: before.OfflineWithoutPrompt, after: after.OfflineWithoutPrompt},
		{name: "query_token", before: before.QueryToken, after: after.QueryToken},
		{name: "shared", before: before.Shared, after: after.Shared},
		{name: "disabled", before: before.Disabled, after: after.Disabled},
		{name: "logo_uri", before: before.LogoURI, after: after.LogoURI},
		{name: "client_uri", before: before.ClientURI, after: after.ClientURI},
		{name: "policy_uri", before: before.PolicyURI, after: after.PolicyURI},
		{name: "terms_uri", before: before.TermsURI, after: after.TermsURI},
		{name: "access_ttl", before: before.AccessTTL, after: after.AccessTTL},
		{name: "id_token_ttl", before: before.IDTokenTTL, after: after.IDTokenTTL},
		{name: "refresh_ttl", before: before.RefreshTTL, after: after.RefreshTTL},
	}
	return append(fields, members("", before.Metadata, after.Metadata)...)
}

func connectorFields(before, after *core.Connector) []field {
	return []field{
		{name: "title", before: before.DisplayName, after: after.DisplayName},
		{name: "icon", before: before.Icon, after: after.Icon},
		{name: "domains", before: before.Domains, after: after.Domains},
		{name: "group_prefix", before: before.GroupPrefix, after: after.GroupPrefix},
		{name: "hidden", before: before.Hidden, after: after.Hidden},
		{name: "disabled", before: before.Disabled, after: after.Disabled},
		{name: "create_users", before: before.CreateUsers, after: after.CreateUsers},
		{name: "link_by_email", before: before.LinkByEmail, after: after.LinkByEmail},
		{name: "sync_profile", before: before.SyncProfile, after: after.SyncProfile},
		{name: "sync_groups", before: before.SyncGroups, after: after.SyncGroups},
		{name: "keep_tokens", before: before.KeepTokens, after: after.KeepTokens},
		{name: "logout", before: before.Logout, after: after.Logout},
	}
}
