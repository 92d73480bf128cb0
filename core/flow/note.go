package flow

import (
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Note says on a person's own page what was done just now.
type Note struct {
	Kind  NoteKind
	About string // what it was done to: a connector, say; may be empty
}

// NoteKind is a kind of [Note]: those below, or one of whoever shows the pages.
type NoteKind string

// The notes on accounts elsewhere.
const (
	NoteLinked    NoteKind = "linked"
	NoteUnlinked  NoteKind = "unlinked"
	NoteCancelled NoteKind = "cancelled" // the person gave up at the provider
)

// noteTime is how long a page says what was done, should somebody load it again.
const noteTime = time.Minute

// Tell is the address of a page of the person that says what was done. It is signed:
// nobody else can have our pages say something.
func (d *Dispatcher) Tell(in *core.SignedIn, path string, note Note) string {
	session := &in.Session
	said := link{toHome, session.ID, d.Now().Add(noteTime), string(note.Kind) + " " + note.About}
	return path + "?step=" + d.sign(said, session.Hash)
}

// Told reads what [Dispatcher.Tell] wrote into the address. What is not ours, not this
// session's or old says nothing: nil.
func (d *Dispatcher) Told(in *core.SignedIn, step string) *Note {
	at, ok := d.open(step, in.Session.Hash)
	if !ok || at.to != toHome || at.id != in.Session.ID || !d.Now().Before(at.expires) {
		return nil
	}
	kind, about, _ := strings.Cut(at.payload, " ")
	return &Note{NoteKind(kind), about}
}
