// Package ticket makes and reads the links that are sent by mail, or handed over by an
// administrator: what they look like, where they lead, how long they live, and why one
// does not work any more.
//
// It owns the form of a [core.Ticket]. It never writes: its callers apply what it makes
// together with the mail that brings it, and use a ticket up in the changes that it
// allows. Nor does it decide who may have a ticket.
//
// It imports core; account, admin and authn import it.
package ticket
