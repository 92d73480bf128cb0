// Package account owns what people do with their own accounts.
//
// Signed in, they see and change everything about themselves: profile and picture,
// what proves who they are, where they are signed in, what applications may do, what
// happened, and they take their data away or delete the account. What the organisation
// keeps to itself is refused.
//
// Before they are signed in, [Entry] is their way to an account, or back to one: by an
// invitation, by registration where the organisation lets people in, by the recovery of a
// password. The links that are mailed for it, and for an address that is to be proved, are
// tickets; one is used up in the changes that it allows. Whatever is answered to somebody
// unknown is the same whether there is such an account or not.
//
// Each method checks its whole input and reports every mistake at once as an
// [InvalidError], decides, and makes one list of changes together with the audit event
// that tells of it. Changes of rights are handed to the caller, who applies them with a
// new session; all others are applied here.
//
// It never reads requests or sessions, never words a sentence, never decides whether
// somebody proved lately enough who they are: that is flow's, and its callers ask it
// first. It changes nothing that decides about rights: not the name, the groups, or whether
// somebody administers this server; the address only once it is proved. It imports core
// and ticket; httpd and app import it.
package account
