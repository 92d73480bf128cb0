// Package managed reads files that say what the server is to have: organisations, groups,
// clients, plugin instances and connectors, in YAML, under the names of the REST API.
//
// It owns the form of those files: which members there are, of which kind, where secrets
// come from, and at which line each of it stands, so that whatever is wrong is told with
// its line. It never says whether a value is right, changes nothing, and reaches for no
// file but those of secrets that it is handed a way to read: what is declared package admin
// carries out.
//
// It imports admin, wire, sdk/api and the reader of YAML; app and cli import it.
package managed
