package admin

import (
	"context"
	"fmt"

	"github.com/postern-id/postern/core"
)

// Attributes that tell a second import whom it knows.
const (
	attributeSource = "imported_from"
	attributeID     = "imported_id"
)

// people are the users of an organisation, with those that the import makes.
type people struct {
	byImport map[[2]string]*core.User // source and identifier there
	byLogin  map[string]*core.User    // folded names and e-mail addresses
	seen     map[string]bool          // identifiers of the plan's rows
}

// peopleOf reads the users of an organisation once.
func (i *importer) peopleOf(ctx context.Context, org string) (*people, error) {
	if known, read := i.known[org]; read {
		return known, nil
	}
	users, err := i.Store.Users(ctx, core.UserFilter{Org: org})
	if err != nil {
		return nil, fmt.Errorf("read the users of %s: %w", org, err)
	}
	known := &people{map[[2]string]*core.User{}, map[string]*core.User{}, map[string]bool{}}
	for at := range users {
		known.add(&users[at])
	}
	i.known[org] = known
	return known, nil
}

func (p *people) add(user *core.User) {
	p.byLogin[core.FoldName(user.Name)] = user
	if user.Email != "" {
		p.byLogin[core.FoldName(user.Email)] = user
	}
	if id := user.Attributes[attributeID]; id != "" {
		p.byImport[[2]string{user.Attributes[attributeSource], id}] = user
	}
}

// replace puts the changed user in the place of what it was.
func (p *people) replace(before, after *core.User) {
	delete(p.byLogin, core.FoldName(before.Name))
	delete(p.byLogin, core.FoldName(before.Email))
	p.add(after)
}

// other gives the user besides this one who has the name or address, nil if nobody has.
func (p *people) other(login string, but *core.User) *core.User {
	user := p.byLogin[core.FoldName(login)]
	if user == nil || but != nil && user.ID == but.ID {
		return nil
	}
	return user
}
