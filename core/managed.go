package core

import (
	"fmt"
	"slices"
	"time"
)

// ManagedKind is what kind of object a file can manage.
type ManagedKind string

// The kinds, in the order in which objects are made: each may refer to those before it.
const (
	ManagedOrganisation ManagedKind = "organisation" // by its name
	ManagedGroup        ManagedKind = "group"        // by its ID
	ManagedClient       ManagedKind = "client"       // by its client_id
	ManagedInstance     ManagedKind = "instance"     // of a plugin, by its name
	ManagedConnector    ManagedKind = "connector"    // with its instance, by its name
)

// ManagedKinds gives all of them, in their order.
func ManagedKinds() []ManagedKind {
	return []ManagedKind{ManagedOrganisation, ManagedGroup, ManagedClient, ManagedInstance, ManagedConnector}
}

// Noun is the kind in words.
func (k ManagedKind) Noun() string {
	if k == ManagedInstance {
		return "plugin instance"
	}
	return string(k)
}

// Members of a file's description of an object that concern more than what is compared.
// The names of secrets and of clients go behind the dots.
const (
	MemberSecret  = "client_secret" // of a client
	MemberModule  = "module"        // of an instance
	MemberSecrets = "secrets."      // of an instance or a connector
	MemberClients = "clients."      // that an instance or a connector is bound to
)

// Managed says that a file manages an object: nobody else changes it.
type Managed struct {
	Kind ManagedKind
	ID   string
	// Source is how the file is known again, and File what it was called when the object
	// was last changed by it.
	Source, File string
	// Members are what the file says about the object, sorted: "display_name",
	// "client_secret", "secrets.client_secret", "clients.CLIENT_ID", ...
	Members   []string
	ManagedAt time.Time // since when it is so
}

// Says reports whether the file says that member; it says something about "".
func (m *Managed) Says(member string) bool {
	return member == "" || slices.Contains(m.Members, member)
}

// ManagedFilter selects; empty fields select all.
type ManagedFilter struct {
	Source string
	Kind   ManagedKind
	ID     string
}

type (
	// Manage notes what a file manages, in the place of what was noted. ErrNotFound if
	// there is no such object.
	Manage struct{ Managed Managed }
	// ReleaseManaged ends it. ErrNotFound.
	ReleaseManaged struct {
		Kind ManagedKind
		ID   string
	}
	// KeepUnmanaged changes nothing. It is a [ManagedError] if a file of another source
	// than By manages the object.
	KeepUnmanaged struct {
		Kind ManagedKind
		ID   string
		By   string
		// Member says that no more than that member of the object is to change: if the
		// file does not say it, it may.
		Member string
		// Whole says that the object is to go, with what goes with it: what belongs to an
		// organisation, and what binds an instance or a connector to a client.
		Whole bool
	}
)

func (Manage) change()         {}
func (ReleaseManaged) change() {}
func (KeepUnmanaged) change()  {}

// ManagedError says which object a file manages that is not the file of the change.
type ManagedError struct{ Managed }

func (e *ManagedError) Error() string {
	return fmt.Sprintf("the %s %s is managed by %s", e.Kind.Noun(), e.ID, e.Source)
}
