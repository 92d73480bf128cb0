// Package sqlite is the little of SQLite's C interface that the store needs, in
// Go types: connections, prepared statements, typed columns, error codes.
//
// It stands on modernc.org/sqlite/lib, SQLite translated to Go, and not on
// database/sql: that driver allocates the name and the declared type of every
// column for every row that it reads, which more than doubles the time of the
// reads that each request waits for, and watches every context with a goroutine.
//
// It knows no table and imports no package of Postern. Store imports it, and
// intake, which reads a database of another program.
package sqlite
