// Package api is the wire of the REST API: the types of what is sent and answered below
// /api/v1, and a [Caller] that calls it. Server and clients share it, so it imports the
// standard library alone.
//
// Times are UTC (RFC 3339). Lists are never null. Members that are marked readOnly are the
// server's to say. What a request has that its type has not is refused. The same as a
// document for programs is openapi.json beside this file.
//
// It holds no rule: whether a value is right is the server's to decide. core/wire turns the
// types into those of the server and back.
package api
