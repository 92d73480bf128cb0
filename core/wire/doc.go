// Package wire turns what the REST API says (sdk/api) into what the server means (core,
// admin), and back: the server writes what it has, the command line reads what another
// server has.
//
// It owns which member is which field, and no rule of what may be in it. It never reads a
// secret: hashes and sealed values have no member. It imports core, admin and sdk/api; rest,
// remote, managed and their tests import it.
package wire
