package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/strict"
)

// Why a passkey was refused, in the audit log alone.
const (
	reasonMalformed      = "malformed"
	reasonCeremony       = "wrong_ceremony"
	reasonWrongChallenge = "wrong_challenge"
	reasonWrongOrigin    = "wrong_origin"
	reasonCrossOrigin    = "cross_origin"
	reasonWrongRPID      = "wrong_rp_id"
	reasonNotPresent     = "user_not_present"
	reasonNotVerified    = "user_not_verified"
	reasonUnknownPasskey = "unknown_passkey"
	reasonUserHandle     = "wrong_user_handle"
	reasonSignature      = "wrong_signature"
	reasonBackup         = "backup_flags_changed"
	reasonCounter        = "counter_regression"
	reasonAttestation    = "attestation_refused"
)

// Sizes of what browsers send, in bytes of JSON. An assertion has about one kilobyte, a
// creation with an attestation that nobody asked for a few.
const (
	maxAssertion = 16 << 10
	maxCreation  = 32 << 10
)

// assertion is a signature of a passkey on its way.
type assertion struct {
	*Factors
	challenge []byte
	expires   time.Time
	response  []byte
	template  core.Event
}

// heard refuses an address that has to wait, and a challenge that is too old.
func (a *assertion) heard(ctx context.Context) error {
	address := addressKey(a.template.IP)
	counts, err := a.Store.Failures(ctx, address)
	if err != nil {
		return fmt.Errorf("read failed sign-ins: %w", err)
	}
	if wait := addressLimit().waitFor(address, counts, a.Now()); wait > 0 {
		event := a.event(core.EventSignInThrottled, a.template, core.MethodPasskey, reasonAddress)
		return a.refuse(ctx, event, core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait})
	}
	if !a.Now().Before(a.expires) {
		return a.wrong(ctx, reasonExpired, core.SignInExpired)
	}
	return nil
}

// wrong counts for the address alone: a signature cannot be guessed, and somebody else's
// must not make its owner wait.
func (a *assertion) wrong(ctx context.Context, reason string, kind core.SignInRefusal) error {
	event := a.event(core.EventSignInFailed, a.template, core.MethodPasskey, reason)
	return a.refuse(ctx, event, core.SignInRefused{Kind: kind}, a.counted(addressLimit(), addressKey(a.template.IP)))
}

// parse reads what the browser sent, and checks the part that the browser vouches for.
func (a *assertion) parse() (parsed *protocol.ParsedCredentialAssertionData, reason string) {
	if !a.Now().Before(a.expires) {
		return nil, reasonExpired
	}
	client, reason := clientData(a.response, maxAssertion)
	if reason != "" {
		return nil, reason
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(a.response)
	if err != nil {
		return nil, reasonMalformed
	}
	return parsed, client.problem(protocol.AssertCeremony, a.challenge, a.origin())
}

func parseCreation(response, challenge []byte, origin string) (parsed *protocol.ParsedCredentialCreationData, reason string) {
	client, reason := clientData(response, maxCreation)
	if reason != "" {
		return nil, reason
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, reasonMalformed
	}
	if reason := client.problem(protocol.CreateCeremony, challenge, origin); reason != "" {
		return nil, reason
	}
	// With no attestation asked for there is none, or that of the key by itself (WebAuthn
	// section 5.4.7, none). Other formats have parsers that nobody needs to reach.
	object := &parsed.Response.AttestationObject
	_, certified := object.AttStatement["x5c"]
	self := object.Format == string(protocol.AttestationFormatPacked) && !certified
	if object.Format != string(protocol.AttestationFormatNone) && !self || !soundKey(object.AuthData.AttData.CredentialPublicKey) {
		return nil, reasonAttestation
	}
	return parsed, ""
}

// collected is what the browser says about a ceremony (WebAuthn section 5.8.1).
type collected struct {
	ceremony, challenge, origin string
	crossOrigin, topOrigin      bool
}

// clientData reads the client data of a response, strictly: with members that are there
// twice, or in other capitals, two readers could see two origins. What is read here is
// checked here; package webauthn reads and checks it once more.
func clientData(response []byte, most int) (collected, string) {
	if len(response) > most {
		return collected{}, reasonMalformed
	}
	outer, err := strict.Members(response)
	if err != nil {
		return collected{}, reasonMalformed
	}
	inner, err := strict.Members(outer["response"])
	if err != nil {
		return collected{}, reasonMalformed
	}
	var text string
	if err := json.Unmarshal(inner["clientDataJSON"], &text); err != nil {
		return collected{}, reasonMalformed
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return collected{}, reasonMalformed
	}
	return readCollected(raw)
}

func readCollected(raw []byte) (collected, string) {
	members, err := strict.Members(raw)
	if err != nil {
		return collected{}, reasonMalformed
	}
	var c collected
	var top json.RawMessage
	fields := map[string]any{"type": &c.ceremony, "challenge": &c.challenge, "origin": &c.origin, "crossOrigin": &c.crossOrigin, "topOrigin": &top}
	for name, value := range members {
		field, known := fields[name]
		if known && json.Unmarshal(value, field) != nil || !known && inCapitals(name, fields) {
			return collected{}, reasonMalformed
		}
	}
	c.topOrigin = top != nil
	return c, ""
}

// inCapitals reports whether encoding/json would take the name for one of the fields.
func inCapitals(name string, fields map[string]any) bool {
	for field := range fields {
		if strings.EqualFold(name, field) {
			return true
		}
	}
	return false
}

// problem compares with what was asked for. The origin is compared as it stands: browsers
// write an origin in one way.
func (c collected) problem(ceremony protocol.CeremonyType, challenge []byte, origin string) string {
	want := base64.RawURLEncoding.EncodeToString(challenge)
	switch {
	case c.ceremony != string(ceremony):
		return reasonCeremony
	case subtle.ConstantTimeCompare([]byte(c.challenge), []byte(want)) != 1:
		return reasonWrongChallenge
	case c.origin != origin:
		return reasonWrongOrigin
	case c.crossOrigin || c.topOrigin:
		return reasonCrossOrigin
	}
	return ""
}

// used is a passkey that proved itself.
type used struct {
	amr     []string
	changes []core.Change
}

// verify checks the signature by the passkeys of the owner, and all that it covers. A
// reason says what is wrong; an error is a failure of the server.
func (a *assertion) verify(o *owner, parsed *protocol.ParsedCredentialAssertionData, verification protocol.UserVerificationRequirement) (*used, string, error) {
	rp, err := a.relyingParty(verification)
	if err != nil {
		return nil, "", err
	}
	stored := o.passkey(parsed.RawID)
	handle := parsed.Response.UserHandle
	switch {
	case stored == nil:
		return nil, reasonUnknownPasskey, nil
	case string(handle) != string(o.ID) && (len(handle) > 0 || verification == protocol.VerificationRequired):
		// Only a passkey that was found without a name has to say whose it is.
		return nil, reasonUserHandle, nil
	}
	session := ceremony(a.challenge, rp)
	session.UserID = o.WebAuthnID()
	credential, err := rp.ValidateLogin(o, session, parsed)
	flags := parsed.Response.AuthenticatorData.Flags
	switch {
	case err != nil:
		return nil, assertionReason(parsed, rp.Config.RPID, verification, o), nil
	case credential.Authenticator.CloneWarning:
		return nil, reasonCounter, nil
	}
	data, err := writePasskey(credential)
	if err != nil {
		return nil, "", fmt.Errorf("keep a passkey: %w", err)
	}
	proof := &used{amr: []string{core.AMRHardware}}
	if credential.Flags.BackupEligible {
		proof.amr[0] = core.AMRSoftware
	}
	if flags.HasUserVerified() {
		proof.amr = append(proof.amr, core.AMRUser)
	}
	proof.changes = []core.Change{
		usedChallenge(a.challenge, a.expires),
		core.UseAuthenticator{ID: stored.ID, Counter: int64(credential.Authenticator.SignCount), Data: data, At: a.Now()},
	}
	return proof, "", nil
}

// passkey finds the one with the handle.
func (o *owner) passkey(handle []byte) *core.Authenticator {
	for i := range o.passkeys {
		if string(o.passkeys[i].Handle) == string(handle) {
			return &o.passkeys[i]
		}
	}
	return nil
}

// assertionReason says, for the audit log, what package webauthn may have found wrong
// with an assertion whose client data is right: its errors are sentences.
func assertionReason(parsed *protocol.ParsedCredentialAssertionData, rpID string, verification protocol.UserVerificationRequirement, o *owner) string {
	data := &parsed.Response.AuthenticatorData
	if reason := dataReason(data, rpID, verification); reason != "" {
		return reason
	}
	credential, err := readPasskey(o.passkey(parsed.RawID))
	if err == nil && credential.Flags.BackupEligible != data.Flags.HasBackupEligible() || !data.Flags.HasBackupEligible() && data.Flags.HasBackupState() {
		return reasonBackup
	}
	return reasonSignature
}

// dataReason is [assertionReason] for what assertions and attestations have in common.
func dataReason(data *protocol.AuthenticatorData, rpID string, verification protocol.UserVerificationRequirement) string {
	hash := sha256.Sum256([]byte(rpID))
	switch {
	case string(data.RPIDHash) != string(hash[:]):
		return reasonWrongRPID
	case !data.Flags.HasUserPresent():
		return reasonNotPresent
	case verification == protocol.VerificationRequired && !data.Flags.HasUserVerified():
		return reasonNotVerified
	}
	return ""
}

// creationReason is [assertionReason] for a new passkey.
func creationReason(parsed *protocol.ParsedCredentialCreationData, rpID string) string {
	if reason := dataReason(&parsed.Response.AttestationObject.AuthData, rpID, protocol.VerificationRequired); reason != "" {
		return reason
	}
	return reasonAttestation
}
