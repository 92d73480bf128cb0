package admin

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// maxSubject is how long a provider's name of a person may be, in bytes (OpenID Connect
// Core section 2, sub).
const maxSubject = 255

// UserLinks gives the accounts elsewhere that the user signs in with, by connector and
// subject.
func (s *Service) UserLinks(ctx context.Context, id core.ID) ([]core.Link, error) {
	links, err := s.Store.Links(ctx, id)
	return links, wrap("read the links", err)
}

// LinkUser says that whom the provider knows by the subject is the user. The operator
// answers for it: nothing is compared.
func (s *Service) LinkUser(ctx context.Context, actor Actor, id core.ID, connector, subject string) (*core.Link, error) {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return nil, err
	}
	of, err := s.FindConnector(ctx, connector)
	if err != nil {
		return nil, err
	}
	var p problems
	checkSubject(&p, subject)
	if of.Org != user.Org {
		p.add("connector", "choose a connector of "+user.Org, "the connector %q is for the people of %q", connector, of.Org)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	there, err := s.Store.Link(ctx, connector, subject)
	switch {
	case err == nil && there.Link.UserID == id:
		return &there.Link, nil
	case err == nil:
		return nil, subjectTaken(subject, there.User.Name)
	case !errors.Is(err, core.ErrNotFound):
		return nil, wrap("read the link", err)
	}
	now := s.Now()
	link := core.Link{Connector: connector, Subject: subject, UserID: id, CreatedAt: now}
	err = s.applyLink(ctx, "link the user", &link,
		core.SaveLink{Link: link}, s.userRecord(actor, now, core.EventAccountLinked, user, linkDetail(user, &link)))
	return &link, err
}

// UnlinkUser ends a link of the user, and the memberships that it gave. Their sessions
// go on.
func (s *Service) UnlinkUser(ctx context.Context, actor Actor, id core.ID, connector, subject string) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	link := core.Link{Connector: connector, Subject: subject, UserID: id}
	return s.applyLink(ctx, "unlink the user", &link,
		core.DeleteLink{UserID: id, Connector: connector, Subject: subject},
		s.userRecord(actor, s.Now(), core.EventAccountUnlinked, user, linkDetail(user, &link)))
}

func (s *Service) applyLink(ctx context.Context, what string, link *core.Link, changes ...core.Change) error {
	err := s.apply(ctx, changes...)
	switch {
	case errors.Is(err, core.ErrConflict):
		return subjectTaken(link.Subject, "")
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "link", Name: link.Connector + " " + shown(link.Subject)}
	}
	return wrap(what, err)
}

// checkSubject accepts what a provider may name a person by.
func checkSubject(p *problems, subject string) {
	if subject == "" || len(subject) > maxSubject || !utf8.ValidString(subject) || strings.ContainsFunc(subject, unicode.IsControl) {
		p.add("subject", "use what the provider names the person by, at most 255 bytes: sub, or an object's identifier", "%q is no subject", shown(subject))
	}
}

func subjectTaken(subject, user string) error {
	by := "another user"
	if user != "" {
		by = "user \"" + user + "\""
	}
	return &InvalidError{Problems: []Problem{{
		Field: "subject", Text: "the account \"" + shown(subject) + "\" is linked to " + by, Hint: "unlink it there first", Taken: true,
	}}}
}

func linkDetail(user *core.User, link *core.Link) map[string]string {
	return map[string]string{"name": user.Name, "connector": link.Connector, "subject": link.Subject, "by": "administrator"}
}
