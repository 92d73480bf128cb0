package upstream

import "github.com/postern-id/postern/core"

// Facts are everything that [Decide] depends on: whom a connector names, and whom
// there is here.
type Facts struct {
	Connector *core.Connector
	// Closed says why the connector serves nobody here and now; empty if it does.
	Closed string
	Client *core.Client // nil: Postern itself
	// Email is the address as the connector gave it, Verified what its boolean says,
	// Plain whether everybody reads the address in the same way.
	Email           string
	Verified, Plain bool
	// Linked is the link of this very person, nil if there is none.
	Linked *core.Linked
	// For is who wants to link; nil for a sign-in.
	For *core.SignedIn
	// Holder is whose address or login name, regardless of case, Email is in the
	// connector's organisation; nil if it is nobody's.
	Holder *core.User
	// HolderLinked says that Holder is somebody else already at this connector.
	HolderLinked bool
	// HolderRules says that Holder administers something, by a role.
	HolderRules bool
}

// Act is what to do.
type Act int

// The acts.
const (
	ActRefuse      Act = iota
	ActSignIn          // the user of the link
	ActNothing         // the link is there already
	ActLink            // to who is signed in
	ActLinkByEmail     // to who has the address
	ActCreate          // a user
)

// Decision says which user a person is.
type Decision struct {
	Act Act
	// User is who is signed in or linked; nil with ActRefuse and ActCreate.
	User *core.User
	// Kind and Reason are of a refusal.
	Kind   core.UpstreamRefusal
	Reason string
}

// Why a person is nobody here.
const (
	reasonUserDisabled    = "user_disabled"
	reasonOrgDisabled     = "organisation_disabled"
	reasonForeign         = "organisation_not_admitted"
	reasonLinkedToOther   = "linked_to_another_user"
	reasonOtherOrg        = "organisation_other"
	reasonNotByEmail      = "email_does_not_link"
	reasonEmailDiffers    = "email_not_identical"
	reasonUnverifiedThere = "email_unverified_there"
	reasonUnverifiedHere  = "email_unverified_here"
	reasonAdministrator   = "administrator"
	reasonHolderLinked    = "linked_to_another_person"
	reasonNobody          = "nobody_linked"
)

// Decide is the table of who a person is. It is a pure function: each row below
// stands for itself, and the first that fits counts.
func Decide(f Facts) Decision {
	switch {
	case f.Closed != "":
		return Decision{Kind: core.UpstreamClosed, Reason: f.Closed}
	case f.For != nil:
		return f.linking()
	case f.Linked != nil:
		return f.known()
	case f.Holder != nil:
		return f.byEmail()
	case f.Connector.CreateUsers:
		return Decision{Act: ActCreate}
	}
	return unknown(reasonNobody)
}

func unknown(reason string) Decision { return Decision{Kind: core.UpstreamUnknown, Reason: reason} }

// linking is for somebody who is signed in, and proved anew who they are.
func (f Facts) linking() Decision {
	user := &f.For.User
	switch {
	case user.Disabled:
		return Decision{Kind: core.UpstreamDenied, Reason: reasonUserDisabled}
	case f.For.Org.Disabled:
		return Decision{Kind: core.UpstreamDenied, Reason: reasonOrgDisabled}
	case user.Org != f.Connector.Org:
		return Decision{Kind: core.UpstreamDenied, Reason: reasonOtherOrg}
	case f.Linked == nil:
		return Decision{Act: ActLink, User: user}
	case f.Linked.Link.UserID != user.ID: // a link never changes its owner
		return Decision{Kind: core.UpstreamDenied, Reason: reasonLinkedToOther}
	}
	return Decision{Act: ActNothing, User: user}
}

// known is for a person with a link: from then on the subject alone says who it is.
// Addresses change hands.
func (f Facts) known() Decision {
	user := &f.Linked.User
	switch {
	case user.Disabled:
		return unknown(reasonUserDisabled)
	case f.Linked.Org.Disabled:
		return unknown(reasonOrgDisabled)
	case f.Client != nil && !f.Client.Admits(user.Org):
		return unknown(reasonForeign)
	}
	return Decision{Act: ActSignIn, User: user}
}

// byEmail is for a person without a link, whose address somebody here has. No user is
// ever made beside one of the same address.
func (f Facts) byEmail() Decision {
	user := f.Holder
	switch {
	case !f.Connector.LinkByEmail:
		return unknown(reasonNotByEmail)
	case !f.Plain || user.Email != f.Email:
		return unknown(reasonEmailDiffers)
	case !f.Verified:
		return unknown(reasonUnverifiedThere)
	case !user.EmailVerified: // whoever made the account need not own the address
		return unknown(reasonUnverifiedHere)
	case user.Disabled:
		return unknown(reasonUserDisabled)
	case user.Admin || f.HolderRules: // whoever runs the provider would administer here
		return unknown(reasonAdministrator)
	case f.HolderLinked: // the provider gave the address to somebody else
		return unknown(reasonHolderLinked)
	}
	return Decision{Act: ActLinkByEmail, User: user}
}

// words are what the person reads who is signed in and wanted to link. Whoever wanted
// to sign in learns nothing: the page says the same for every reason.
func (d Decision) words() string {
	switch d.Reason {
	case reasonLinkedToOther:
		return "That account is linked to somebody else here."
	case reasonOtherOrg:
		return "That way to sign in is for another organisation."
	}
	return ""
}
