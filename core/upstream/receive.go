package upstream

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// arrival is a person whom a connector named, on the way to a user here.
type arrival struct {
	opened
	client  *core.Client
	linking *core.SignedIn // who wants to link; nil for a sign-in
	event   core.Event
	person  *person
	tokens  *core.UpstreamTokens // nil where nobody wants to know
}

// receive finds out who the person is here and gives what is to be stored of it. A
// person who is nobody is a *problem.
func (s *Service) receive(ctx context.Context, a arrival) (*core.Proof, error) {
	facts, err := s.facts(ctx, a)
	if err != nil {
		return nil, err
	}
	d := Decide(facts)
	proof := &core.Proof{Upstream: &core.Upstream{Connector: a.Instance, Claims: a.person.claims}}
	if proof.Upstream.Logout, err = s.logoutOf(a); err != nil {
		return nil, err
	}
	switch d.Act {
	case ActSignIn:
		return proof, s.signIn(ctx, a, facts.Linked, proof)
	case ActNothing:
		proof.User = d.User
		return proof, nil
	case ActLink:
		return proof, s.link(a, d.User, "person", proof)
	case ActLinkByEmail:
		return proof, s.link(a, d.User, "email", proof)
	case ActCreate:
		return proof, s.create(ctx, a, proof)
	}
	return nil, a.nobody(d.Kind, d.Reason, d.words(), facts)
}

// nobody is why the person is nobody here. The log has whom the provider named, so that
// the operator can link them.
func (a *arrival) nobody(kind core.UpstreamRefusal, reason, words string, f Facts) *problem {
	p := &problem{kind: kind, reason: reason, words: words, detail: map[string]string{"subject": a.person.subject}}
	switch {
	case f.Linked != nil:
		p.user = f.Linked.User.ID
	case f.Holder != nil:
		p.user = f.Holder.ID
	}
	return p
}

// facts reads what the decision depends on.
func (s *Service) facts(ctx context.Context, a arrival) (Facts, error) {
	f := Facts{
		Connector: a.Connector, Client: a.client, For: a.linking,
		Email: a.person.claimed, Verified: a.person.verified, Plain: a.person.email != "",
	}
	linked, err := s.Store.Link(ctx, a.Instance, a.person.subject)
	missing, err := absent(err)
	if err != nil {
		return f, fmt.Errorf("read the link: %w", err)
	}
	if !missing {
		f.Linked = linked
	}
	if f.Linked != nil || f.For != nil || f.Email == "" {
		return f, nil
	}
	if f.Holder, err = s.holder(ctx, a.Org, f.Email); err != nil || f.Holder == nil {
		return f, err
	}
	links, err := s.Store.Links(ctx, f.Holder.ID)
	if err != nil {
		return f, fmt.Errorf("read the links: %w", err)
	}
	f.HolderLinked = slices.ContainsFunc(links, func(l core.Link) bool { return l.Connector == a.Instance })
	roles, err := s.Store.Roles(ctx, f.Holder.ID)
	if err != nil {
		return f, fmt.Errorf("read the roles: %w", err)
	}
	f.HolderRules = len(roles) > 0
	return f, nil
}

// holder gives whose address, or login name, that is; nil if it is nobody's.
func (s *Service) holder(ctx context.Context, org, email string) (*core.User, error) {
	for _, find := range []func(context.Context, string, string) (*core.User, error){s.Store.UserByEmail, s.Store.UserByLogin} {
		user, err := find(ctx, org, email)
		missing, err := absent(err)
		if err != nil {
			return nil, fmt.Errorf("read the user of an e-mail address: %w", err)
		}
		if !missing {
			return user, nil
		}
	}
	return nil, nil
}

// signIn is for a person with a link.
func (s *Service) signIn(ctx context.Context, a arrival, linked *core.Linked, proof *core.Proof) error {
	now, user := s.Now(), linked.User
	if a.SyncProfile {
		free, err := s.isFree(ctx, &user, a.person)
		if err != nil {
			return err
		}
		if fields := follow(&user, a.person, free); len(fields) > 0 {
			was := user.UpdatedAt
			if user.UpdatedAt = now; !now.Truncate(time.Millisecond).After(was) {
				user.UpdatedAt = was.Add(time.Millisecond)
			}
			proof.Changes = append(proof.Changes, core.UpdateUser{User: user, Was: was}, s.record(a.by(&user), now, core.EventUserUpdated,
				map[string]string{"name": user.Name, "fields": strings.Join(fields, " "), "connector": a.Instance}))
		}
	}
	link := linked.Link
	return s.saveLink(a, &link, &user, now, proof)
}

// isFree reports whether the person's address is nobody's, so that the user may have it.
func (s *Service) isFree(ctx context.Context, user *core.User, p *person) (bool, error) {
	if !p.verified || core.FoldName(p.email) == core.FoldName(user.Email) {
		return false, nil
	}
	holder, err := s.holder(ctx, user.Org, p.email)
	return holder == nil || holder.ID == user.ID, err
}

// link makes a link to a user who is there.
func (s *Service) link(a arrival, user *core.User, how string, proof *core.Proof) error {
	now, copied := s.Now(), *user
	link := core.Link{Connector: a.Instance, Subject: a.person.subject, UserID: user.ID, CreatedAt: now}
	if err := s.saveLink(a, &link, &copied, now, proof); err != nil {
		return err
	}
	proof.Changes = append(proof.Changes, s.record(a.by(user), now, core.EventAccountLinked,
		map[string]string{"connector": a.Instance, "subject": a.person.subject, "how": how}))
	return nil
}

// create makes a user with a link.
func (s *Service) create(ctx context.Context, a arrival, proof *core.Proof) error {
	name, err := s.freeName(ctx, a.Org, a.person, a.Instance)
	if err != nil {
		return err
	}
	if name == "" {
		return a.nobody(core.UpstreamUnknown, "no_free_name", "", Facts{})
	}
	now := s.Now()
	user := newUser(core.NewID(now, s.Rand), now, a.Org, name, a.person)
	if user.Email != "" && !user.EmailVerified { // one can sign in by it too
		shuts, err := s.shutsOut(ctx, a.Org, user.Email)
		if err != nil {
			return err
		}
		if shuts {
			user.Email = ""
		}
	}
	proof.Changes = append(proof.Changes, core.CreateUser{User: user}, s.record(a.by(&user), now, core.EventUserCreated,
		map[string]string{"name": name, "connector": a.Instance}))
	return s.link(a, &user, "created", proof)
}

// saveLink brings the link up to date and makes the proof's user what they will be.
func (s *Service) saveLink(a arrival, link *core.Link, user *core.User, now time.Time, proof *core.Proof) error {
	before := link.Groups
	link.Name, link.LastUsedAt, link.Tokens = a.person.shown(), now, nil
	if a.SyncGroups {
		link.Groups = a.person.groupsOf(a.Connector)
		user.Groups = withGroups(user.Groups, before, link.Groups)
	}
	if a.KeepTokens && a.tokens != nil && a.tokens.Access != "" {
		text, err := json.Marshal(a.tokens)
		if err != nil {
			return err
		}
		link.Tokens = s.Sealer.Seal(text, core.LinkTokensPurpose(link.Connector, link.Subject), s.Rand)
	}
	proof.User = user
	proof.Changes = append(proof.Changes, core.SaveLink{Link: *link})
	return nil
}

// by is the event's template for what the user did.
func (a *arrival) by(user *core.User) core.Event {
	event := a.event
	event.UserID, event.Actor = user.ID, "user:"+string(user.ID)
	return event
}
