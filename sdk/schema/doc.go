// Package schema is a folder of JSON Schemas (draft 2020-12): of each message
// between the host and its plugins, of what a module describes, and of test case
// files. They are for editors, for SDKs in other languages and for people.
//
// It owns no decision: the files are made from the types of package hook and the
// texts of sdk/abi.md by
//
//	go generate ./sdk/schema
//
// and a test fails if they are not what that gives.
package schema

//go:generate go test . -run TestSchemasAreGenerated -update
