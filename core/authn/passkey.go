package authn

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/postern-id/postern/core"
)

// ceremonyTimeout is what the browser is told; how long a challenge works is up to whoever
// made it.
const ceremonyTimeout = 5 * time.Minute

// errNoPasskeys says that no browser makes passkeys for the issuer.
var errNoPasskeys = errors.New("passkeys need an issuer with a host name: browsers make none for an IP address")

// Passkeys reports whether browsers make passkeys for the issuer: for a host name, never
// for an IP address (WebAuthn section 5.1.4, effective domain).
func (f *Factors) Passkeys() bool {
	_, err := netip.ParseAddr(f.host())
	return err != nil
}

// relyingParty checks what browsers send: the RP ID is the issuer's host, the origin the
// issuer's alone. Attestations are not asked for and prove nothing here; extensions are
// not asked for either, and those that a browser adds are ignored (WebAuthn section 7.1
// step 28, section 7.2 step 23).
func (f *Factors) relyingParty(verification protocol.UserVerificationRequirement) (*webauthn.WebAuthn, error) {
	if !f.Passkeys() {
		return nil, errNoPasskeys
	}
	timeout := webauthn.TimeoutConfig{Timeout: ceremonyTimeout, TimeoutUVD: ceremonyTimeout}
	rp, err := webauthn.New(&webauthn.Config{
		RPID: f.host(), RPDisplayName: f.host(), RPOrigins: []string{f.origin()},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: verification,
		},
		Timeouts:                          webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", f.Issuer, err)
	}
	return rp, nil
}

// algorithms are those that WebAuthn recommends, in its order (section 5.4, pubKeyCredParams).
func algorithms() []protocol.CredentialParameter { return webauthn.CredentialParametersRecommendedL3() }

// owner is a user with their passkeys, as package webauthn wants to see them.
type owner struct {
	*core.User
	passkeys []core.Authenticator
}

// WebAuthnID is the user handle: the identifier, which says nothing about the person.
func (o *owner) WebAuthnID() []byte          { return []byte(o.ID) }
func (o *owner) WebAuthnDisplayName() string { return o.DisplayName() }
func (o *owner) WebAuthnName() string {
	if o.Email != "" {
		return o.Email
	}
	return o.Name
}

// WebAuthnCredentials leaves out what cannot be read: it proves nothing.
func (o *owner) WebAuthnCredentials() []webauthn.Credential {
	var all []webauthn.Credential
	for i := range o.passkeys {
		if credential, err := readPasskey(&o.passkeys[i]); err == nil {
			all = append(all, credential)
		}
	}
	return all
}

// passkeyRecord is what is kept of a passkey, in [core.Authenticator.Data], besides its
// handle and counter.
type passkeyRecord struct {
	PublicKey  []byte   `json:"public_key"` // COSE_Key
	AAGUID     []byte   `json:"aaguid,omitempty"`
	Transports []string `json:"transports,omitempty"`
	Flags      byte     `json:"flags"` // as of the last use
}

func readPasskey(a *core.Authenticator) (webauthn.Credential, error) {
	var record passkeyRecord
	if err := json.Unmarshal(a.Data, &record); err != nil {
		return webauthn.Credential{}, fmt.Errorf("the record of authenticator %s: %w", a.ID, err)
	}
	credential := webauthn.Credential{
		ID: a.Handle, PublicKey: record.PublicKey, AttestationFormat: string(protocol.AttestationFormatNone),
		Flags:         webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(record.Flags)),
		Authenticator: webauthn.Authenticator{AAGUID: record.AAGUID, SignCount: uint32(a.Counter)},
	}
	for _, transport := range record.Transports {
		credential.Transport = append(credential.Transport, protocol.AuthenticatorTransport(transport))
	}
	return credential, nil
}

func writePasskey(c *webauthn.Credential) ([]byte, error) {
	record := passkeyRecord{PublicKey: c.PublicKey, AAGUID: c.Authenticator.AAGUID, Flags: byte(c.Flags.ProtocolValue())}
	for _, transport := range c.Transport {
		record.Transports = append(record.Transports, string(transport))
	}
	return json.Marshal(record)
}

// Synced reports whether a passkey may be on more than one device; that of anything else
// is not.
func Synced(a *core.Authenticator) bool {
	credential, err := readPasskey(a)
	return a.Kind == core.AuthenticatorPasskey && err == nil && credential.Flags.BackupEligible
}

// PasskeyRequest gives the options of navigator.credentials.get, as
// PublicKeyCredential.parseRequestOptionsFromJSON takes them. For a nil user they fit
// every passkey of the issuer, and say nothing about anybody; else they name those of the
// user, who proved a first factor. They are nil where there cannot be passkeys.
func (f *Factors) PasskeyRequest(ctx context.Context, challenge []byte, user *core.User) (json.RawMessage, error) {
	if !f.Passkeys() {
		return nil, nil
	}
	verification := protocol.VerificationRequired
	if user != nil {
		verification = protocol.VerificationPreferred // the other factor is there already
	}
	rp, err := f.relyingParty(verification)
	if err != nil {
		return nil, err
	}
	var assertion *protocol.CredentialAssertion
	if user == nil {
		assertion, _, err = rp.BeginDiscoverableLogin(webauthn.WithChallenge(challenge))
	} else {
		var o *owner
		if o, err = f.owner(ctx, user); err != nil {
			return nil, err
		}
		if len(o.passkeys) == 0 {
			return nil, nil
		}
		assertion, _, err = rp.BeginLogin(o, webauthn.WithChallenge(challenge))
	}
	if err != nil {
		return nil, fmt.Errorf("options for a passkey: %w", err)
	}
	return json.Marshal(assertion.Response)
}

func (f *Factors) owner(ctx context.Context, user *core.User) (*owner, error) {
	passkeys, err := f.authenticators(ctx, user.ID, core.AuthenticatorPasskey)
	return &owner{User: user, passkeys: passkeys}, err
}

// PasskeyCreation gives the options of navigator.credentials.create for the user, as
// PublicKeyCredential.parseCreationOptionsFromJSON takes them: a passkey that can be found
// without a name, and verifies the person. They are nil where there cannot be passkeys.
func (f *Factors) PasskeyCreation(ctx context.Context, challenge []byte, user *core.User) (json.RawMessage, error) {
	if !f.Passkeys() {
		return nil, nil
	}
	rp, err := f.relyingParty(protocol.VerificationRequired)
	if err != nil {
		return nil, err
	}
	o, err := f.owner(ctx, user)
	if err != nil {
		return nil, err
	}
	creation, _, err := rp.BeginRegistration(o,
		webauthn.WithCredentialParameters(algorithms()),
		webauthn.WithExclusions(webauthn.Credentials(o.WebAuthnCredentials()).CredentialDescriptors()),
		func(options *protocol.PublicKeyCredentialCreationOptions) error {
			options.Challenge = challenge
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("options for a new passkey: %w", err)
	}
	return json.Marshal(creation.Response)
}

// usedChallenge makes the challenge work once.
func usedChallenge(challenge []byte, expires time.Time) core.Change {
	return core.UseAssertion{Hash: sha256.Sum256(append([]byte("webauthn\x00"), challenge...)), ExpiresAt: expires}
}

// ceremony is what the browser was asked for.
func ceremony(challenge []byte, rp *webauthn.WebAuthn) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge:      base64.RawURLEncoding.EncodeToString(challenge),
		RelyingPartyID: rp.Config.RPID, UserVerification: rp.Config.AuthenticatorSelection.UserVerification,
		CredParams: algorithms(),
	}
}

// SignInWithPasskey proves who somebody is by a passkey alone, which must have verified
// them.
func (f *Factors) SignInWithPasskey(ctx context.Context, given core.PasskeyAttempt) (*core.Proof, error) {
	given.Event.UserID, given.Event.Actor = "", "" // whoever is signed in already is another matter
	a := &assertion{Factors: f, challenge: given.Challenge, expires: given.ExpiresAt, response: given.Response, template: given.Event}
	if err := a.heard(ctx); err != nil {
		return nil, err
	}
	parsed, reason := a.parse()
	if reason != "" {
		return nil, a.wrong(ctx, reason, core.SignInFactor)
	}
	stored, err := found(f.Store.AuthenticatorByHandle(ctx, parsed.RawID))
	if err != nil {
		return nil, fmt.Errorf("read the passkey: %w", err)
	}
	if stored == nil || stored.Kind != core.AuthenticatorPasskey {
		return nil, a.wrong(ctx, reasonUnknownPasskey, core.SignInUnknownPasskey)
	}
	user, err := f.Store.User(ctx, stored.UserID)
	if err != nil {
		return nil, fmt.Errorf("read the user of passkey %s: %w", stored.ID, err)
	}
	a.template.UserID = user.ID
	used, reason, err := a.verify(&owner{User: user, passkeys: []core.Authenticator{*stored}}, parsed, protocol.VerificationRequired)
	if err == nil && reason == "" {
		reason, err = f.mayEnter(ctx, user, given.Org, given.Client, core.MethodPasskey)
	}
	switch {
	case err != nil:
		return nil, err
	case reason != "":
		return nil, a.wrong(ctx, reason, core.SignInFactor)
	}
	return &core.Proof{
		User: user, Changes: used.changes, Method: core.MethodPasskey,
		AMR: append(used.amr, core.AMRMultiple), ACR: core.ACRPhishingResistant,
	}, nil
}

// mayEnter gives the reason why the user may not sign in at the client with the method,
// empty if there is none. The client may be nil.
func (f *Factors) mayEnter(ctx context.Context, user *core.User, org string, client *core.Client, method string) (string, error) {
	if reason, err := f.closed(ctx, user); err != nil || reason != "" {
		return reason, err
	}
	if org != "" && user.Org != org {
		return reasonOtherOrg, nil
	}
	theirs, err := f.Store.Organisation(ctx, user.Org)
	if err != nil {
		return "", fmt.Errorf("read the organisation: %w", err)
	}
	rules := theirs.Rules.SignIn
	if client != nil {
		rules = rules.And(client.SignIn)
	}
	if !rules.Allows(method) {
		return reasonMethod, nil
	}
	return "", nil
}

// passkey proves a passkey besides another factor. It need not verify the person.
func (a *second) passkey(ctx context.Context) (*core.Proof, error) {
	try := &assertion{Factors: a.Factors, challenge: a.Challenge, expires: a.ExpiresAt, response: a.Response, template: a.Event}
	parsed, reason := try.parse()
	if reason != "" {
		return nil, try.wrong(ctx, reason, core.SignInFactor)
	}
	o, err := a.owner(ctx, a.User)
	if err != nil {
		return nil, err
	}
	used, reason, err := try.verify(o, parsed, protocol.VerificationPreferred)
	switch {
	case err != nil:
		return nil, err
	case reason == reasonUnknownPasskey:
		return nil, try.wrong(ctx, reason, core.SignInUnknownPasskey)
	case reason != "":
		return nil, try.wrong(ctx, reason, core.SignInFactor)
	}
	return a.proved(used.amr, core.ACRPhishingResistant, used.changes...), nil
}

// AddPasskey gives the changes that enrol a passkey, and what is enrolled: response is the
// JSON of the browser's PublicKeyCredential for the options of [Factors.PasskeyCreation].
// An empty name becomes that of the product, where it is known.
func (f *Factors) AddPasskey(ctx context.Context, user *core.User, challenge []byte, expires time.Time, response []byte, name string, event core.Event) ([]core.Change, core.Authenticator, error) {
	event.UserID = user.ID
	refuse := func(reason string, kind core.SignInRefusal) error {
		return f.refuse(ctx, f.event(core.EventStepRefused, event, core.MethodPasskey, reason), core.SignInRefused{Kind: kind})
	}
	rp, err := f.relyingParty(protocol.VerificationRequired)
	if err != nil {
		return nil, core.Authenticator{}, err
	}
	now := f.Now()
	if !now.Before(expires) {
		return nil, core.Authenticator{}, refuse(reasonExpired, core.SignInExpired)
	}
	parsed, reason := parseCreation(response, challenge, f.origin())
	if reason != "" {
		return nil, core.Authenticator{}, refuse(reason, core.SignInFactor)
	}
	session := ceremony(challenge, rp)
	session.UserID = []byte(user.ID)
	credential, err := rp.CreateCredential(&owner{User: user}, session, parsed)
	if err != nil {
		return nil, core.Authenticator{}, refuse(creationReason(parsed, rp.Config.RPID), core.SignInFactor)
	}
	data, err := writePasskey(credential)
	if err != nil {
		return nil, core.Authenticator{}, fmt.Errorf("keep a passkey: %w", err)
	}
	passkey := core.Authenticator{
		ID: core.NewID(now, f.Rand), UserID: user.ID, Kind: core.AuthenticatorPasskey, Name: AuthenticatorName(name),
		Handle: credential.ID, Data: data, Counter: int64(credential.Authenticator.SignCount), CreatedAt: now,
	}
	if passkey.Name == "" {
		passkey.Name = product(credential.Authenticator.AAGUID)
	}
	return append([]core.Change{usedChallenge(challenge, expires)}, f.added(passkey, event)...), passkey, nil
}

// Bits of an RSA modulus: fewer can be broken, more make each sign-in expensive.
const (
	leastRSA = 2048
	mostRSA  = 4096
)

// soundKey reports whether the COSE key is one that is worth to verify with.
func soundKey(cose []byte) bool {
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return false
	}
	rsa, isRSA := key.(webauthncose.RSAPublicKeyData)
	return !isRSA || len(rsa.Modulus)*8 >= leastRSA && len(rsa.Modulus)*8 <= mostRSA && len(rsa.Exponent) <= 4
}
