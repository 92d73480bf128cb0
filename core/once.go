package core

import "time"

// Answered is the answer to a request that must not be carried out twice, by the key that
// its sender gave it (draft-ietf-httpapi-idempotency-key-header).
type Answered struct {
	Key  Hash // of holder, method, path and key
	Body Hash // of the request's body: the same key with another body is refused
	// Status is that of the answer, [AnswerBegun] or [AnswerDone].
	Status int
	// Claim says who carries it out, while there is no answer.
	Claim ID
	// Header and Answer are what was answered, without what was secret in it.
	Header    map[string]string
	Answer    []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

// States of a request that has no answer yet: it is being carried out, or was broken off.
const (
	AnswerBegun = 0 // nothing is changed
	AnswerDone  = 1 // all or a part of it is
)
