// Package audit takes audit events to the plugins that are bound to event.sink/v1.
//
// It owns when an event is delivered: at once, in the order in which it was
// recorded, one at a time to a plugin; again later if the plugin failed, and at last
// not any more. What waits is in the store, laid out by the transaction that
// recorded it, so nothing is lost when the server ends or is killed, and events that
// a command recorded are delivered too. An event may come twice: when the server
// died after the plugin had it.
//
// It never records an event about events, which would have no end: what became of
// them is counted and logged. It knows nothing of WebAssembly and of SQL.
//
// app runs it.
package audit
