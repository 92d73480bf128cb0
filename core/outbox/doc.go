// Package outbox is how what waits in the store gets to whoever it is for.
//
// It owns when something is tried: at once; one thing after the other for one receiver, and
// all receivers beside each other; again later if it failed, and not for a while if the
// receiver does not work at all. It owns that what was claimed is settled or given back,
// also when the server ends.
//
// It never knows what is delivered, and to whom: audit, backchannel and mail bring that,
// and say what a failure means. It imports core, and those three import it.
package outbox
