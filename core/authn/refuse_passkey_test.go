package authn

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn/authntest"
)

// TestRefusePasskeys holds what must be refused under its number in the list of refusals.
func TestRefusePasskeys(t *testing.T) {
	t.Run("091_options_tell_nothing", refuseTellingOptions)
	t.Run("091_same_answer_to_all", refusePasskeysAlike)
	t.Run("092_address", refusePasskeysOfAddress)
	t.Run("099_assertion", refuseAssertions)
	t.Run("099_raw_json", refuseRawJSON)
	t.Run("099_creation", refuseCreations)
	t.Run("099_challenge_twice", refuseChallengeTwice)
	t.Run("099_counter", refuseCounter)
	t.Run("099_passkey_of_another", refuseForeign)
	t.Run("099_second_factor_of_another", refuseForeignSecond)
	t.Run("099_removed", refuseRemoved)
	t.Run("099_enrolled_already", refuseEnrolledTwice)
}

// Whoever asks, and for whom: the options have the challenge in them, and nothing else
// that differs.
func refuseTellingOptions(t *testing.T) {
	w := newFactors(t)
	before, err := w.PasskeyRequest(t.Context(), challenge("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.enrol(w.add("ann"), browser())
	after, err := w.PasskeyRequest(t.Context(), challenge("x"), nil)
	if err != nil || !bytes.Equal(before, after) || strings.Contains(string(after), "allowCredentials") {
		t.Errorf("options %s, then %s, %v", before, after, err)
	}
}

func refusePasskeysAlike(t *testing.T) {
	w := newFactors(t)
	ann, b := w.add("ann"), browser()
	w.enrol(ann, b)
	w.orgs["other"] = &core.Organisation{Name: "other"}
	for reason, change := range map[string]func(*core.User, *core.PasskeyAttempt){
		reasonDisabled:    func(u *core.User, _ *core.PasskeyAttempt) { u.Disabled = true },
		reasonOrgDisabled: func(u *core.User, _ *core.PasskeyAttempt) { u.Org = "closed" },
		reasonOtherOrg:    func(_ *core.User, a *core.PasskeyAttempt) { a.Org = "other" },
		reasonMethod: func(_ *core.User, a *core.PasskeyAttempt) {
			a.Client = &core.Client{SignIn: core.SignInRules{Methods: []string{core.MethodPassword}}}
		},
	} {
		was := *ann
		given := core.PasskeyAttempt{Challenge: challenge(reason), ExpiresAt: w.now.Add(time.Minute), Response: w.assert(b, reason), Event: from()}
		change(w.users[ann.ID], &given)
		proof, err := w.SignInWithPasskey(t.Context(), given)
		if proof != nil {
			t.Errorf("%s: signed in", reason)
		}
		w.refused(err, core.SignInFactor, reason)
		*w.users[ann.ID] = was
	}
}

func refusePasskeysOfAddress(t *testing.T) {
	w := newFactors(t)
	ann, b := w.add("ann"), browser()
	w.enrol(ann, b)
	for range 100 {
		_, err := w.signInWith([]byte("{}"), "x")
		w.refused(err, core.SignInFactor, reasonMalformed)
	}
	_, err := w.signInWith(w.assert(b, "x"), "x")
	w.refused(err, core.SignInThrottled, reasonAddress)
	w.now = w.now.Add(time.Second)
	if _, err := w.signInWith(w.assert(b, "x"), "x"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// member sets a member of a JSON object.
func member(name string, value any) func(map[string]any) {
	return func(members map[string]any) { members[name] = value }
}

func refuseAssertions(t *testing.T) {
	flip := func(b []byte) []byte { b[len(b)-1] ^= 1; return b }
	rpID := func(id string) func([]byte) []byte {
		return func(b []byte) []byte { hash := sha256.Sum256([]byte(id)); copy(b, hash[:]); return b }
	}
	flags := func(flags byte) func([]byte) []byte {
		return func(b []byte) []byte { b[32] = flags; return b }
	}
	type twist = authntest.Twist
	for name, c := range map[string]struct {
		twist  twist
		reason string
	}{
		"another origin":                {twist{ClientData: member("origin", "https://evil.example")}, reasonWrongOrigin},
		"a suffix":                      {twist{ClientData: member("origin", "https://badid.example.org")}, reasonWrongOrigin},
		"a longer host":                 {twist{ClientData: member("origin", "https://id.example.org.evil.example")}, reasonWrongOrigin},
		"a parent domain":               {twist{ClientData: member("origin", "https://example.org")}, reasonWrongOrigin},
		"a subdomain":                   {twist{ClientData: member("origin", "https://sub.id.example.org")}, reasonWrongOrigin},
		"another scheme":                {twist{ClientData: member("origin", "http://id.example.org")}, reasonWrongOrigin},
		"another port":                  {twist{ClientData: member("origin", "https://id.example.org:8443")}, reasonWrongOrigin},
		"the default port":              {twist{ClientData: member("origin", "https://id.example.org:443")}, reasonWrongOrigin},
		"capitals":                      {twist{ClientData: member("origin", "https://ID.example.org")}, reasonWrongOrigin},
		"a path":                        {twist{ClientData: member("origin", "https://id.example.org/")}, reasonWrongOrigin},
		"user information":              {twist{ClientData: member("origin", "https://id.example.org@evil.example")}, reasonWrongOrigin},
		"an app":                        {twist{ClientData: member("origin", "android:apk-key-hash:AAAA")}, reasonWrongOrigin},
		"null origin":                   {twist{ClientData: member("origin", "null")}, reasonWrongOrigin},
		"no origin":                     {twist{ClientData: func(m map[string]any) { delete(m, "origin") }}, reasonWrongOrigin},
		"an origin that is a list":      {twist{ClientData: member("origin", []string{"https://id.example.org"})}, reasonMalformed},
		"another frame":                 {twist{ClientData: member("crossOrigin", true)}, reasonCrossOrigin},
		"a top origin":                  {twist{ClientData: member("topOrigin", "https://id.example.org")}, reasonCrossOrigin},
		"a frame of our own":            {twist{ClientData: func(m map[string]any) { m["crossOrigin"], m["topOrigin"] = true, m["origin"] }}, reasonCrossOrigin},
		"another challenge":             {twist{ClientData: member("challenge", base64.RawURLEncoding.EncodeToString(challenge("y")))}, reasonWrongChallenge},
		"a challenge cut off":           {twist{ClientData: member("challenge", base64.RawURLEncoding.EncodeToString(challenge("x")[:16]))}, reasonWrongChallenge},
		"no challenge":                  {twist{ClientData: member("challenge", "")}, reasonWrongChallenge},
		"a padded challenge":            {twist{ClientData: member("challenge", base64.URLEncoding.EncodeToString(challenge("x")))}, reasonWrongChallenge},
		"create":                        {twist{ClientData: member("type", "webauthn.create")}, reasonCeremony},
		"payment":                       {twist{ClientData: member("type", "payment.get")}, reasonCeremony},
		"another RP ID":                 {twist{Data: rpID("evil.example")}, reasonWrongRPID},
		"the RP ID of a suffix":         {twist{Data: rpID("badid.example.org")}, reasonWrongRPID},
		"the RP ID of the parent":       {twist{Data: rpID("example.org")}, reasonWrongRPID},
		"the RP ID as an origin":        {twist{Data: rpID("https://id.example.org")}, reasonWrongRPID},
		"nobody verified":               {twist{Data: flags(authntest.Present)}, reasonNotVerified},
		"nobody present":                {twist{Data: flags(authntest.Verified)}, reasonNotPresent},
		"became synced":                 {twist{Data: flags(authntest.Present | authntest.Verified | authntest.BackupEligible)}, reasonBackup},
		"backed up, yet not eligible":   {twist{Data: flags(authntest.Present | authntest.Verified | authntest.BackedUp)}, reasonBackup},
		"tampered signature":            {twist{Signature: flip}, reasonSignature},
		"no signature":                  {twist{Signature: func([]byte) []byte { return nil }}, reasonSignature},
		"tampered counter":              {twist{SentData: flip}, reasonSignature},
		"verified afterwards":           {twist{Data: flags(authntest.Present), SentData: flags(authntest.Present | authntest.Verified)}, reasonSignature},
		"short data":                    {twist{SentData: func(b []byte) []byte { return b[:36] }}, reasonMalformed},
		"more data":                     {twist{SentData: func(b []byte) []byte { return append(b, 0) }}, reasonMalformed},
		"client data twice":             {twist{RawClientData: func(b []byte) []byte { return append([]byte(`{"origin":"https://id.example.org",`), b[1:]...) }}, reasonMalformed},
		"client data in capitals":       {twist{RawClientData: func(b []byte) []byte { return append([]byte(`{"Type":"webauthn.create",`), b[1:]...) }}, reasonMalformed},
		"client data in capitals, last": {twist{RawClientData: func(b []byte) []byte { return append(b[:len(b)-1], []byte(`,"ORIGIN":"https://evil.example"}`)...) }}, reasonMalformed},
		"client data and more":          {twist{RawClientData: func(b []byte) []byte { return append(b, '{', '}') }}, reasonMalformed},
		"client data not UTF-8":         {twist{RawClientData: func(b []byte) []byte { return append([]byte("{\"x\":\"\xff\","), b[1:]...) }}, reasonMalformed},
		"client data of null":           {twist{RawClientData: func([]byte) []byte { return []byte("null") }}, reasonMalformed},
		"no user handle":                {twist{Response: func(m map[string]any) { delete(m, "userHandle") }}, reasonUserHandle},
		"an empty user handle":          {twist{Response: member("userHandle", "")}, reasonUserHandle},
		"another user handle":           {twist{Response: member("userHandle", base64.RawURLEncoding.EncodeToString([]byte("bob")))}, reasonUserHandle},
		"not registered":                {twist{Credential: func(m map[string]any) { m["id"], m["rawId"] = "AAAA", "AAAA" }}, reasonUnknownPasskey},
		"id and rawId differ":           {twist{Credential: member("id", "AAAA")}, reasonMalformed},
		"no id":                         {twist{Credential: func(m map[string]any) { delete(m, "id"); delete(m, "rawId") }}, reasonMalformed},
		"a password":                    {twist{Credential: member("type", "password")}, reasonMalformed},
		"no response":                   {twist{Credential: member("response", nil)}, reasonMalformed},
		"16 KiB and more":               {twist{Credential: member("x", strings.Repeat("x", 16<<10))}, reasonMalformed},
		"deep":                          {twist{Credential: member("x", json.RawMessage(strings.Repeat("[", 100)+strings.Repeat("]", 100)))}, reasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFactors(t)
			ann, b := w.add("ann"), browser()
			w.enrol(ann, b)
			b.Twist = c.twist
			proof, err := w.signInWith(w.assert(b, "x"), "x")
			if proof != nil {
				t.Errorf("signed in: %+v", proof)
			}
			kind := core.SignInFactor
			if c.reason == reasonUnknownPasskey {
				kind = core.SignInUnknownPasskey
			}
			w.refused(err, kind, c.reason)
			if w.count("ip:192.0.2.1") != 1 || len(w.failures) != 1 || len(w.assertions) != 1 {
				t.Errorf("counted %v, challenges %v", w.failures, w.assertions)
			}
		})
	}
}

func refuseRawJSON(t *testing.T) {
	w := newFactors(t)
	ann, b := w.add("ann"), browser()
	w.enrol(ann, b)
	good := w.assert(b, "x")
	for name, response := range map[string][]byte{
		"nothing":         nil,
		"null":            []byte("null"),
		"a list":          []byte("[" + string(good) + "]"),
		"a member twice":  append([]byte(`{"type":"public-key",`), good[1:]...),
		"twice inside":    bytes.Replace(good, []byte(`"response":{`), []byte(`"response":{"signature":"AAAA",`), 1),
		"two values":      append(slices.Clone(good), good...),
		"cut off":         good[:len(good)-1],
		"not UTF-8":       bytes.Replace(good, []byte(`"type"`), []byte("\"\xff\":1,\"type\""), 1),
		"in other base64": bytes.Replace(good, []byte(`"clientDataJSON":"`), []byte(`"clientDataJSON":"+/+/`), 1),
	} {
		_, err := w.signInWith(response, "x")
		if err == nil {
			t.Errorf("%s: signed in", name)
			continue
		}
		w.refused(err, core.SignInFactor, reasonMalformed)
	}
	if _, err := w.signInWith(good, "x"); err != nil {
		t.Errorf("what they were made of: %v", err)
	}
}

func refuseCreations(t *testing.T) {
	flags := func(flags byte) func([]byte) []byte {
		return func(b []byte) []byte { b[32] = flags | 1<<6; return b }
	}
	type twist = authntest.Twist
	for name, c := range map[string]struct {
		twist  twist
		reason string
	}{
		"another origin":    {twist{ClientData: member("origin", "https://badid.example.org")}, reasonWrongOrigin},
		"another frame":     {twist{ClientData: member("crossOrigin", true)}, reasonCrossOrigin},
		"another challenge": {twist{ClientData: member("challenge", "AAAA")}, reasonWrongChallenge},
		"get":               {twist{ClientData: member("type", "webauthn.get")}, reasonCeremony},
		"another RP ID": {twist{Data: func(b []byte) []byte {
			hash := sha256.Sum256([]byte("badid.example.org"))
			copy(b, hash[:])
			return b
		}}, reasonWrongRPID},
		"nobody verified":             {twist{Data: flags(authntest.Present)}, reasonNotVerified},
		"nobody present":              {twist{Data: flags(authntest.Verified)}, reasonNotPresent},
		"backed up, yet not eligible": {twist{Data: flags(authntest.Present | authntest.Verified | authntest.BackedUp)}, reasonAttestation},
		"no key":                      {twist{Data: func(b []byte) []byte { return b[:37+16+2+32] }}, reasonMalformed},
		"another id inside":           {twist{Data: func(b []byte) []byte { b[37+16+2] ^= 1; return b }}, reasonAttestation},
		"a certified attestation":     {twist{Attestation: func(b []byte) []byte { return bytes.Replace(b, []byte("none"), []byte("appl"), 1) }}, reasonAttestation},
		"packed, without a signature": {twist{Attestation: func(b []byte) []byte { return bytes.Replace(b, []byte("dnone"), []byte("fpacked"), 1) }}, reasonAttestation},
		"client data twice":           {twist{RawClientData: func(b []byte) []byte { return append([]byte(`{"origin":"x",`), b[1:]...) }}, reasonMalformed},
		"32 KiB and more":             {twist{Credential: member("x", strings.Repeat("x", 32<<10))}, reasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFactors(t)
			ann, b := w.add("ann"), browser()
			b.Twist = c.twist
			changes, _, err := w.create(ann, b, "x")
			if changes != nil {
				t.Errorf("changes %v", changes)
			}
			w.refused(err, core.SignInFactor, c.reason)
		})
	}
	t.Run("weak RSA", func(t *testing.T) {
		w := newFactors(t)
		b := browser()
		b.Algorithm, b.RSABits = authntest.RS256, 1024
		_, _, err := w.create(w.add("ann"), b, "x")
		w.refused(err, core.SignInFactor, reasonAttestation)
	})
	t.Run("too late", func(t *testing.T) {
		w := newFactors(t)
		_, _, err := w.AddPasskey(t.Context(), w.add("ann"), challenge("x"), w.now, []byte("{}"), "", from())
		w.refused(err, core.SignInExpired, reasonExpired)
	})
}

func refuseChallengeTwice(t *testing.T) {
	w := newFactors(t)
	ann, b := w.add("ann"), browser()
	w.enrol(ann, b)
	one, two := w.assert(b, "x"), w.assert(b, "x")
	first, err := w.signInWith(one, "x")
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.signInWith(two, "x")
	if err != nil {
		t.Fatal(err)
	}
	w.mustApply(first.Changes...)
	if err := w.apply(second.Changes...); err == nil {
		t.Error("one challenge works twice")
	}
	// The same answer once more has a counter that was there already.
	_, err = w.signInWith(one, "x")
	w.refused(err, core.SignInFactor, reasonCounter)
	// One that is too old works no more.
	_, err = w.SignInWithPasskey(t.Context(), core.PasskeyAttempt{Challenge: challenge("z"), ExpiresAt: w.now, Response: w.assert(b, "z"), Event: from()})
	w.refused(err, core.SignInExpired, reasonExpired)
	// A challenge for a new passkey is none to sign in with.
	changes, _, err := w.create(w.add("bob"), browser(), "c")
	if err != nil {
		t.Fatal(err)
	}
	w.mustApply(changes...)
	w.onlyEvent()
	proof, err := w.signInWith(w.assert(b, "c"), "c")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.apply(proof.Changes...); err == nil {
		t.Error("the challenge of a new passkey works again")
	}
}

func refuseCounter(t *testing.T) {
	for name, c := range map[string]struct{ stored, sent uint32 }{
		"the same": {7, 7}, "less": {7, 3}, "none any more": {7, 0}, "one less": {1 << 31, 1<<31 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFactors(t)
			ann, b := w.add("ann"), browser()
			stored := w.enrol(ann, b)
			w.authenticators[stored.ID].Counter = int64(c.stored)
			b.Uncounted = true // the next one is what is set here
			b.Passkeys[0].Counter = c.sent
			_, err := w.signInWith(w.assert(b, "x"), "x")
			w.refused(err, core.SignInFactor, reasonCounter)
			if w.authenticators[stored.ID].Counter != int64(c.stored) {
				t.Error("the counter changed")
			}
		})
	}
	// Of a key and its copy that are used at once, one succeeds.
	w := newFactors(t)
	ann, b := w.add("ann"), browser()
	w.enrol(ann, b)
	one := w.assert(b, "x")
	b.Passkeys[0].Counter--
	two := w.assert(b, "y")
	first, errFirst := w.signInWith(one, "x")
	second, errSecond := w.signInWith(two, "y")
	if errFirst != nil || errSecond != nil {
		t.Fatal(errFirst, errSecond)
	}
	w.mustApply(first.Changes...)
	if err := w.apply(second.Changes...); err == nil {
		t.Error("both succeed")
	}
}

// Bob cannot be Ann by saying so.
func refuseForeign(t *testing.T) {
	w := newFactors(t)
	ann, bob, b := w.add("ann"), w.add("bob"), browser()
	w.enrol(ann, b)
	w.enrol(bob, b)
	anns, bobs := b.Passkeys[0], b.Passkeys[1]
	id := func(p *authntest.Passkey) string { return base64.RawURLEncoding.EncodeToString(p.ID) }
	for name, c := range map[string]struct {
		twist  authntest.Twist
		reason string
	}{
		"the handle of Ann":  {authntest.Twist{Response: member("userHandle", base64.RawURLEncoding.EncodeToString(anns.UserHandle))}, reasonUserHandle},
		"the passkey of Ann": {authntest.Twist{Credential: func(m map[string]any) { m["id"], m["rawId"] = id(anns), id(anns) }}, reasonUserHandle},
		"both": {authntest.Twist{
			Credential: func(m map[string]any) { m["id"], m["rawId"] = id(anns), id(anns) },
			Response:   member("userHandle", base64.RawURLEncoding.EncodeToString(anns.UserHandle)),
		}, reasonSignature},
	} {
		t.Run(name, func(t *testing.T) {
			b.Twist = c.twist
			response, err := b.Sign(bobs, base64.RawURLEncoding.EncodeToString(challenge("x")))
			if err != nil {
				t.Fatal(err)
			}
			w.t = t
			_, err = w.signInWith(response, "x")
			w.refused(err, core.SignInFactor, c.reason)
		})
	}
}

// Who knows Ann's password, and has a passkey, has not Ann's.
func refuseForeignSecond(t *testing.T) {
	w := newFactors(t)
	ann, bob, b := w.add("ann"), w.add("bob"), browser()
	w.enrol(ann, b)
	w.enrol(bob, b)
	try := func(twist authntest.Twist) error {
		b.Twist = twist
		response, err := b.Sign(b.Passkeys[1], base64.RawURLEncoding.EncodeToString(challenge("x")))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.SecondFactor(t.Context(), core.FactorAttempt{
			User: ann, Request: "r", Method: core.MethodPasskey, Challenge: challenge("x"), ExpiresAt: w.now.Add(time.Minute), Response: response, Event: from(),
		}, w.byPassword(ann))
		return err
	}
	w.refused(try(authntest.Twist{}), core.SignInUnknownPasskey, reasonUnknownPasskey)
	w.refused(try(authntest.Twist{Response: member("userHandle", "")}), core.SignInUnknownPasskey, reasonUnknownPasskey)
	id := base64.RawURLEncoding.EncodeToString(b.Passkeys[0].ID)
	asAnns := func(m map[string]any) { m["id"], m["rawId"] = id, id }
	w.refused(try(authntest.Twist{Credential: asAnns}), core.SignInFactor, reasonUserHandle)
	w.refused(try(authntest.Twist{Credential: asAnns, Response: member("userHandle", "")}), core.SignInFactor, reasonSignature)
}

func refuseRemoved(t *testing.T) {
	w := newFactors(t)
	ann, b := w.add("ann"), browser()
	stored := w.enrol(ann, b)
	proof, err := w.signInWith(w.assert(b, "x"), "x")
	if err != nil {
		t.Fatal(err)
	}
	delete(w.authenticators, stored.ID)
	if err := w.apply(proof.Changes...); err == nil {
		t.Error("a passkey that is gone signs in")
	}
	_, err = w.signInWith(w.assert(b, "y"), "y")
	w.refused(err, core.SignInUnknownPasskey, reasonUnknownPasskey)
	// What is not a passkey is none, whatever its handle.
	w.authenticators[stored.ID] = &core.Authenticator{ID: stored.ID, UserID: ann.ID, Kind: core.AuthenticatorTOTP, Handle: stored.Handle, Data: stored.Data}
	_, err = w.signInWith(w.assert(b, "z"), "z")
	w.refused(err, core.SignInUnknownPasskey, reasonUnknownPasskey)
}

func refuseEnrolledTwice(t *testing.T) {
	w := newFactors(t)
	ann, bob, b := w.add("ann"), w.add("bob"), browser()
	w.enrol(ann, b)
	options, err := w.PasskeyCreation(t.Context(), challenge("y"), ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Create(options); err == nil {
		t.Error("the authenticator of a passkey is not named as excluded")
	}
	// Bob cannot take Ann's over.
	taken := b.Passkeys[0].ID
	thief := browser()
	thief.Twist.Data = func(data []byte) []byte { copy(data[37+16+2:], taken); return data }
	thief.Twist.Credential = func(m map[string]any) {
		m["id"] = base64.RawURLEncoding.EncodeToString(taken)
		m["rawId"] = m["id"]
	}
	changes, _, err := w.create(bob, thief, "z")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.apply(changes...); err == nil {
		t.Error("one handle is of two people")
	}
}
