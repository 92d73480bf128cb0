package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// scope is the part of a directory that a list is about.
type scope struct {
	Orgs   []core.Organisation // that the visitor may choose among, by title
	Server bool                // they may see all at once
	Org    string              // chosen; empty: all
}

// scope gives the organisation that a list is about: the one that was asked for, else the
// visitor's own if they see it, else the first. With whole it is all of them, unless
// one was asked for or the visitor sees single ones.
func (v *Visit) scope(permission core.Permission, whole bool) (*scope, error) {
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return nil, err
	}
	s := &scope{Server: v.May(permission, "")}
	s.Orgs = slices.DeleteFunc(orgs, func(o core.Organisation) bool { return !v.May(permission, o.Name) })
	slices.SortFunc(s.Orgs, func(a, b core.Organisation) int {
		return cmp.Or(cmp.Compare(strings.ToLower(orgTitle(&a)), strings.ToLower(orgTitle(&b))), cmp.Compare(a.Name, b.Name))
	})
	asked := v.Ask("org")
	switch {
	case asked != "" && s.find(asked) == nil:
		return nil, &admin.MissingError{What: "organisation", Name: asked}
	case asked != "":
		s.Org = asked
	case whole && s.Server:
	case s.find(v.Holder.Org.Name) != nil:
		s.Org = v.Holder.Org.Name
	case len(s.Orgs) > 0:
		s.Org = s.Orgs[0].Name
	}
	return s, nil
}

func (s *scope) find(name string) *core.Organisation {
	at := slices.IndexFunc(s.Orgs, func(o core.Organisation) bool { return o.Name == name })
	if at < 0 {
		return nil
	}
	return &s.Orgs[at]
}

// within are the names of the organisations that a list is about.
func (s *scope) within() (names []string) {
	if s.Org != "" {
		return []string{s.Org}
	}
	for i := range s.Orgs {
		names = append(names, s.Orgs[i].Name)
	}
	return names
}

// input lets the visitor choose; nothing where there is no choice.
func (s *scope) input(whole bool) []web.Input {
	if len(s.Orgs) < 2 {
		return nil
	}
	input := web.Input{Name: "org", Label: "Organisation", Kind: "select", Value: s.Org}
	if whole && s.Server {
		input.Options = append(input.Options, web.Option{Label: "All"})
	}
	input.Options = append(input.Options, s.options()...)
	return []web.Input{input}
}

func (s *scope) options() (list []web.Option) {
	for i := range s.Orgs {
		list = append(list, web.Option{Value: s.Orgs[i].Name, Label: orgTitle(&s.Orgs[i])})
	}
	return list
}

// title is what the organisation is called; empty for all of them.
func (s *scope) title() string {
	if org := s.find(s.Org); org != nil {
		return orgTitle(org)
	}
	return s.Org
}

func orgTitle(org *core.Organisation) string { return cmp.Or(org.DisplayName, org.Name) }

// with gives the path with a query of the pairs whose value is not empty.
func with(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// at puts names into a path, escaped: at("/admin/groups", org, name).
func at(path string, names ...string) string {
	for _, name := range names {
		path += "/" + url.PathEscape(name)
	}
	return path
}
