package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	cryptorand "crypto/rand"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// registrationOrg is where who comes from the client gets an account.
func registrationOrg(client *core.Client) string {
	if client == nil {
		return core.DefaultOrganisation
	}
	return client.Org
}

// registrable reports whether anybody may make an account there at all.
func registrable(org *core.Organisation) bool { return org.Rules.Registration.Open && !org.Disabled }

// RegistrationOrg gives the organisation where the visitor may make an account. It is a
// [core.ErrNotFound] where nobody may.
func (e *Entry) RegistrationOrg(ctx context.Context, client *core.Client) (*core.Organisation, error) {
	doors, err := e.Doors(ctx, client)
	if err != nil {
		return nil, err
	}
	if !doors.Register {
		return nil, fmt.Errorf("registration at %s: %w", registrationOrg(client), core.ErrNotFound)
	}
	return e.Store.Organisation(ctx, registrationOrg(client))
}

// AskRegister sends a link to the address, with which its owner makes an account. Who has
// one already is told so by the mail, and by nothing else. An *[InvalidError] says what is
// wrong with the address: that it is none, or of a domain that may not.
func (e *Entry) AskRegister(ctx context.Context, address string, from *Visitor) error {
	org, err := e.RegistrationOrg(ctx, from.Client)
	if err != nil {
		return err
	}
	address = strings.TrimSpace(address)
	if wrong := checkAddress(address, org.Rules.Registration.Domains); wrong != "" {
		return &InvalidError{[]core.FieldProblem{{Field: "email", Kind: wrong, Value: address}}}
	}
	known, err := e.Store.UserByLogin(ctx, org.Name, address)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return fmt.Errorf("read the user: %w", err)
	}
	if err != nil {
		known = nil
	}
	// Both are counted by the address alone: what counts otherwise shows who is there.
	limit, err := e.limitOf(ctx, nil, org.Name, address, from.Event.IP)
	if err != nil {
		return err
	}
	defer limit.leave()
	if wait := limit.closed(); wait > 0 {
		return e.throttled(ctx, from, core.TicketRegister, wait)
	}
	a := ask{purpose: core.TicketRegister, template: core.MailRegister, org: org.Name, to: address, words: map[string]string{}}
	if known != nil {
		a.template, a.user, a.reason = core.MailRegisterKnown, known, "address_known"
	}
	if a.data, err = json.Marshal(plan{UserID: core.NewID(limit.now, e.Rand), ClientID: clientID(from.Client)}); err != nil {
		return err
	}
	return e.answer(ctx, from, limit, a)
}

func clientID(client *core.Client) string {
	if client == nil {
		return ""
	}
	return client.ID
}

// plan is what a ticket to register keeps.
type plan struct {
	// UserID is that of the account to be: a passkey is made for it before it is there.
	UserID   core.ID `json:"user_id"`
	ClientID string  `json:"client_id,omitempty"`
}

// checkAddress says what is wrong with an address that somebody wants to register; empty if
// nothing is.
func checkAddress(address string, domains []string) core.FieldProblemKind {
	switch {
	case address == "":
		return core.FieldMissing
	case !core.IsEmail(address):
		return core.FieldForm
	case !inDomains(address, domains):
		return core.FieldDomain
	}
	return ""
}

func inDomains(address string, domains []string) bool {
	_, domain, _ := strings.Cut(core.FoldName(address), "@")
	return len(domains) == 0 || slices.Contains(domains, domain)
}

// mayRegister completes who holds a link to register, or says why it does not work.
func (e *Entry) mayRegister(ctx context.Context, h *Holder, from *Visitor) error {
	var planned plan
	if err := json.Unmarshal(h.Ticket.Data, &planned); err != nil {
		return fmt.Errorf("read the data of a ticket: %w", err)
	}
	h.clientID = planned.ClientID
	h.User = core.User{ID: planned.UserID, Org: h.Org.Name, Name: h.Ticket.Email, Email: h.Ticket.Email, EmailVerified: true}
	_, err := e.Store.UserByLogin(ctx, h.Org.Name, h.Ticket.Email)
	switch {
	case from.Here != nil:
		return h.refuse(ticket.Other, "signed_in_other")
	case !registrable(&h.Org):
		return h.refuse(ticket.Closed, "registration_closed")
	case !inDomains(h.Ticket.Email, h.Org.Rules.Registration.Domains):
		return h.refuse(ticket.Closed, "domain_not_allowed")
	case err == nil:
		return h.refuse(ticket.Used, "address_known")
	case !errors.Is(err, core.ErrNotFound):
		return fmt.Errorf("read the user: %w", err)
	}
	return nil
}

// Denied says that the policy refuses an account.
type Denied struct {
	Words string // of the policy to the person; plain text, may be empty
}

func (e *Denied) Error() string { return "the policy refuses the account" }

// Register makes the account of who has the address. Errors are those of [Entry.Accept],
// and *[Denied].
func (e *Entry) Register(ctx context.Context, credential string, choice Choice, from *Visitor) (*Entered, error) {
	h, err := e.Look(ctx, core.TicketRegister, credential, from)
	if err != nil {
		return nil, err
	}
	h.User.Profile.DisplayName = strings.TrimSpace(choice.Name)
	h.User.Profile.Locale = from.Locale
	if wrong := h.User.Profile.Problems(); len(wrong) > 0 {
		return nil, &InvalidError{wrong}
	}
	h.User.Groups = slices.Compact(slices.Sorted(slices.Values(h.Org.Rules.Registration.Groups)))
	if err := e.decide(ctx, h, from); err != nil {
		return nil, err
	}
	made, chosen, err := e.choose(ctx, h, choice, from)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		err := e.register(ctx, h, from, made, try)
		if err == nil {
			return e.enter(ctx, h, chosen)
		}
		// Somebody took the name, or made one of the groups, since it was looked for.
		taken, ok := errors.AsType[*core.ConflictError](err)
		if ok && strings.Contains(taken.What, "mail") {
			return nil, e.refused(ctx, from, h.refuse(ticket.Used, "address_known"))
		}
		if !ok || try == 3 {
			return nil, err
		}
	}
}

// decide asks the policy.
func (e *Entry) decide(ctx context.Context, h *Holder, from *Visitor) error {
	if e.Policy == nil {
		return nil
	}
	now := e.Now()
	draft := Draft{User: h.User, Org: h.Org, Address: from.Event.IP, Now: now}
	if h.clientID != "" {
		client, err := e.Store.Client(ctx, h.clientID)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return fmt.Errorf("read the client: %w", err)
		}
		if err == nil {
			draft.Client = client
		}
	}
	deny, words, err := e.Policy.Decide(ctx, draft)
	if !deny && err == nil {
		return nil
	}
	detail := map[string]string{"reason": "policy_denied", "policy": words}
	if err != nil {
		detail = map[string]string{"reason": "policy_failed"}
	}
	if errRecord := e.Store.Apply(context.WithoutCancel(ctx), e.record(from, now, core.EventRegisterRefused, "", detail)); errRecord != nil {
		return errors.Join(err, errRecord)
	}
	if err != nil {
		return fmt.Errorf("ask the policy about a registration: %w", err)
	}
	return &Denied{words}
}

// register makes the account, in the changes that use the ticket up.
func (e *Entry) register(ctx context.Context, h *Holder, from *Visitor, made []core.Change, try int) error {
	now := e.Now()
	user := h.User
	user.CreatedAt, user.UpdatedAt, user.Groups = now, now, nil
	user.Name = loginName(user.Email)
	_, err := e.Store.UserByLogin(ctx, user.Org, user.Name)
	switch {
	case err == nil || try > 0:
		number, err := someNumber(e.Rand)
		if err != nil {
			return err
		}
		user.Name += "-" + number
	case !errors.Is(err, core.ErrNotFound):
		return fmt.Errorf("look whether the name is free: %w", err)
	}
	changes := []core.Change{core.CreateUser{User: user}}
	for _, name := range h.User.Groups {
		joining, err := e.join(ctx, h, from, name, now)
		if err != nil {
			return err
		}
		changes = append(changes, joining...)
	}
	detail := map[string]string{"name": user.Name, "groups": strings.Join(h.User.Groups, " ")}
	changes = append(changes, e.record(from, now, core.EventUserRegistered, user.ID, detail))
	return e.use(ctx, h, from, now, append(changes, made...)...)
}

// join makes somebody a member of a group, which is made if it is not there.
func (e *Entry) join(ctx context.Context, h *Holder, from *Visitor, name string, now time.Time) ([]core.Change, error) {
	group, err := e.Store.Group(ctx, h.Org.Name, name)
	if err == nil {
		return []core.Change{core.AddMember{GroupID: group.ID, UserID: h.User.ID}, core.TouchGroup{ID: group.ID, At: now}}, nil
	}
	if !errors.Is(err, core.ErrNotFound) {
		return nil, fmt.Errorf("read group %s: %w", name, err)
	}
	made := core.Group{ID: core.NewID(now, e.Rand), Org: h.Org.Name, Name: name, CreatedAt: now}
	return []core.Change{
		core.CreateGroup{Group: made}, e.record(from, now, core.EventGroupCreated, "", map[string]string{"name": name}),
		core.AddMember{GroupID: made.ID, UserID: h.User.ID},
	}, nil
}

// maxLoginName leaves room for a number behind it.
const maxLoginName = 56

// loginName makes a login name of an address: nobody chooses one, so nobody can try out
// which are taken. People sign in with their address.
func loginName(address string) string {
	local, _, _ := strings.Cut(core.FoldName(address), "@")
	local, _, _ = strings.Cut(local, "+") // what is behind it is nobody's name
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, local)
	if len(name) > maxLoginName {
		name = name[:maxLoginName]
	}
	if strings.Trim(name, "._-") == "" {
		return "user"
	}
	return name
}

// someNumber has six digits.
func someNumber(random io.Reader) (string, error) {
	n, err := cryptorand.Int(random, big.NewInt(900_000))
	if err != nil {
		return "", fmt.Errorf("make a number: %w", err)
	}
	return n.Add(n, big.NewInt(100_000)).String(), nil
}
