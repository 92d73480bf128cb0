package capability

import (
	"context"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

const (
	maxDN         = 1 << 10 // bytes
	maxPassword   = 1 << 10 // bytes
	maxAttributes = 64
	maxEntries    = 1000
	someEntries   = 100 // if nothing else is asked for
)

// bindLDAP is ldap.bind.
func (s *Set) bindLDAP(ctx context.Context, caller *core.PluginCaller, r *hook.LDAPBindRequest) (*hook.LDAPBindAnswer, error) {
	if r.Server.BindDN != "" || r.Server.BindSecret != "" {
		return nil, invalid("%s has dn and password, and no bind_dn and bind_secret", hook.LDAPBind)
	}
	if err := checkBind(r.DN, r.Password); err != nil {
		return nil, err
	}
	to, err := mayDial(caller, hook.LDAPBind, &r.Server)
	if err != nil {
		return nil, err
	}
	d, err := s.open(ctx, to)
	if err != nil {
		return nil, err
	}
	defer d.close()
	err = d.Bind(r.DN, r.Password)
	// A directory may say that there is no such entry, or no such password.
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject) {
		return &hook.LDAPBindAnswer{}, nil
	}
	if err != nil {
		return nil, hush(ctx, d.failed(err), r.Password)
	}
	return &hook.LDAPBindAnswer{OK: true}, nil
}

// checkBind refuses what a directory could take for a bind of nobody, which always
// succeeds (RFC 4513 sections 5.1.1 and 5.1.2): no DN, no password, and a password
// that ends at a NUL for some.
func checkBind(dn, password string) error {
	if err := checkDN(dn); err != nil {
		return err
	}
	switch {
	case dn == "":
		return invalid("there is no dn")
	case password == "":
		return refused("an empty password is refused: a directory takes it for nobody, and says yes")
	case len(password) > maxPassword || strings.Contains(password, "\x00"):
		return refused("a password has at most %d bytes, and no NUL", maxPassword)
	}
	return nil
}

func checkDN(dn string) error {
	if len(dn) > maxDN || strings.Contains(dn, "\x00") {
		return invalid("a DN has at most %d bytes, and no NUL", maxDN)
	}
	return nil
}

// searchLDAP is ldap.search. Aliases are not followed, nor are referrals.
func (s *Set) searchLDAP(ctx context.Context, caller *core.PluginCaller, r *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
	request, err := searchRequest(r)
	if err != nil {
		return nil, err
	}
	to, err := mayDial(caller, hook.LDAPSearch, &r.Server)
	if err != nil {
		return nil, err
	}
	password, err := s.bindPassword(caller, &r.Server)
	if err != nil {
		return nil, err
	}
	d, err := s.open(ctx, to)
	if err != nil {
		return nil, err
	}
	defer d.close()
	if password != "" {
		if err := d.Bind(r.Server.BindDN, password); err != nil {
			return nil, d.failed(err)
		}
	}
	return d.search(request)
}

func (d *directory) search(request *ldap.SearchRequest) (*hook.LDAPSearchAnswer, error) {
	if deadline, ok := d.ctx.Deadline(); ok {
		request.TimeLimit = max(1, int(time.Until(deadline)/time.Second))
	}
	result, err := d.Search(request)
	more := errors.Is(err, ldap.ErrSizeLimitExceeded) ||
		ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded)
	if err != nil && !more {
		return nil, d.failed(err)
	}
	return &hook.LDAPSearchAnswer{Entries: entriesOf(result), Truncated: more}, nil
}

// bindPassword gives the password of whoever asks the directory, empty for nobody.
func (s *Set) bindPassword(caller *core.PluginCaller, server *hook.LDAPServer) (string, error) {
	if server.BindDN == "" && server.BindSecret == "" {
		return "", nil
	}
	if server.BindDN == "" || server.BindSecret == "" {
		return "", invalid("bind_dn and bind_secret go together")
	}
	password, err := s.secret(caller, server.BindSecret)
	if err != nil {
		return "", err
	}
	return password, checkBind(server.BindDN, password)
}

// attribute is the description of an attribute with its options (RFC 4512 section
// 2.5), or all (*), all operational ones (+), none (1.1).
var attribute = regexp.MustCompile(`^(\*|\+|[A-Za-z0-9][A-Za-z0-9.;=_-]{0,127})$`)

func searchRequest(r *hook.LDAPSearchRequest) (*ldap.SearchRequest, error) {
	scopes := map[string]int{"": ldap.ScopeWholeSubtree, "sub": ldap.ScopeWholeSubtree, "one": ldap.ScopeSingleLevel, "base": ldap.ScopeBaseObject}
	scope, known := scopes[r.Scope]
	switch {
	case !known:
		return nil, invalid("scope is sub, one or base, not %.40q", r.Scope)
	case r.Limit < 0 || r.Limit > maxEntries:
		return nil, invalid("limit is 1 to %d", maxEntries)
	case len(r.Attributes) > maxAttributes:
		return nil, invalid("at most %d attributes are asked for", maxAttributes)
	}
	for _, name := range r.Attributes {
		if !attribute.MatchString(name) {
			return nil, invalid("%.40q is no name of an attribute", name)
		}
	}
	if err := checkDN(r.BaseDN); err != nil {
		return nil, err
	}
	filter, err := fillFilter(r.Filter, r.Values)
	if err != nil {
		return nil, err
	}
	limit := r.Limit
	if limit == 0 {
		limit = someEntries
	}
	return &ldap.SearchRequest{
		BaseDN: r.BaseDN, Scope: scope, DerefAliases: ldap.NeverDerefAliases, SizeLimit: limit, EnforceSizeLimit: true,
		Filter: filter, Attributes: r.Attributes,
	}, nil
}

// entriesOf writes entries as a guest gets them, with the values of an attribute
// that is there twice in one place.
func entriesOf(result *ldap.SearchResult) []hook.LDAPEntry {
	var entries []hook.LDAPEntry
	for _, from := range result.Entries {
		entry := hook.LDAPEntry{DN: from.DN}
		places := map[string]int{}
		for _, attribute := range from.Attributes {
			values := make([]hook.Value, len(attribute.ByteValues))
			for i, value := range attribute.ByteValues {
				values[i] = hook.String(valueOf(value))
			}
			if i, there := places[attribute.Name]; there {
				member := &entry.Attributes[i].Value
				*member = hook.Array(append(member.List(), values...)...)
				continue
			}
			places[attribute.Name] = len(entry.Attributes)
			entry.Attributes = append(entry.Attributes, hook.Member{Name: attribute.Name, Value: hook.Array(values...)})
		}
		entries = append(entries, entry)
	}
	return entries
}

// inBase64 marks a value in base64. A text that begins so is marked too, so that
// nobody who can write one value can pass it off as another.
const inBase64 = "base64:"

func valueOf(value []byte) string {
	if utf8.Valid(value) && !strings.HasPrefix(string(value), inBase64) {
		return string(value)
	}
	return inBase64 + base64.StdEncoding.EncodeToString(value)
}
