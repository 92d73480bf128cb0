// Package place says in words where in a JSON text something is: in which member, in which
// line.
//
// It reads no further than that place, which what is behind it does not change, and never
// says what stands there. It imports nothing; plugin and form import it.
package place
