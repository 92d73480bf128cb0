package authn

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/postern-id/postern/core"
)

// Codes of apps are those that every app can show (RFC 6238 with its defaults).
const (
	totpSeedSize = 20 // RFC 4226 section 4, R6
	totpDigits   = 6
	totpStep     = 30 * time.Second
	totpDrift    = 1 // steps that a clock may be wrong by, either way (RFC 6238 section 5.2)
)

// totpOffered is how long a seed that was shown may be enrolled.
const totpOffered = time.Hour

// totpCode is the code of a step (RFC 4226 section 5.3).
func totpCode(seed []byte, step int64) string {
	mac := hmac.New(sha1.New, seed)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes everything
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	truncated := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, truncated%1_000_000)
}

// totpMatch finds the step near now whose code it is. Steps up to last were used: their
// codes are none, and reused says that one of them it would have been. Every step is
// looked at, whichever matches.
func totpMatch(seed []byte, code string, last int64, now time.Time) (step int64, reused bool) {
	current := now.Unix() / int64(totpStep/time.Second)
	for candidate := current - totpDrift; candidate <= current+totpDrift; candidate++ {
		matches := subtle.ConstantTimeCompare([]byte(totpCode(seed, candidate)), []byte(code)) == 1
		switch {
		case matches && candidate <= last:
			reused = true
		case matches && step == 0:
			step = candidate
		}
	}
	return step, reused && step == 0
}

// digits gives a code as it was meant: in one piece, in ASCII digits. What is longer
// than any code, or has anything else in it, is none.
func digits(typed string, size int) (code string, ok bool) {
	const longest = 64
	if len(typed) > longest {
		return "", false
	}
	code = strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Pd, c) {
			return -1
		}
		return c
	}, norm.NFKC.String(typed))
	return code, len(code) == size && strings.Trim(code, "0123456789") == ""
}

// totp compares with all apps of the person. One that is unsealed only to compare costs
// microseconds, and whether there is one is no secret to who proved the first factor.
func (a *second) totp(ctx context.Context) (*core.Proof, error) {
	apps, err := a.authenticators(ctx, a.User.ID, core.AuthenticatorTOTP)
	if err != nil {
		return nil, err
	}
	if len(apps) == 0 {
		return nil, a.wrongCode(ctx, reasonNotHere)
	}
	code, ok := digits(a.Code, totpDigits)
	if !ok {
		return nil, a.wrongCode(ctx, reasonWrongCode)
	}
	reason, now := reasonWrongCode, a.Now()
	for _, app := range apps {
		seed, err := a.Sealer.Unseal(app.Data, core.TOTPPurpose(app.ID))
		if err != nil {
			return nil, fmt.Errorf("open the seed of authenticator %s: %w", app.ID, err)
		}
		step, reused := totpMatch(seed, code, app.Counter, now)
		if step != 0 {
			use := core.UseAuthenticator{ID: app.ID, Counter: step, At: now}
			return a.proved([]string{core.AMROneTime}, core.ACRTwo, use), nil
		}
		if reused {
			reason = reasonReusedCode
		}
	}
	return nil, a.wrongCode(ctx, reason)
}

// authenticators gives those of the kind.
func (f *Factors) authenticators(ctx context.Context, userID core.ID, kind core.AuthenticatorKind) ([]core.Authenticator, error) {
	all, err := f.Store.Authenticators(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("read authenticators: %w", err)
	}
	var ofKind []core.Authenticator
	for _, one := range all {
		if one.Kind == kind {
			ofKind = append(ofKind, one)
		}
	}
	return ofKind, nil
}

// NewTOTP makes a seed for an app. Nothing is kept: the form carries the seed, sealed for
// the person, and uri is what the app reads from a picture.
func (f *Factors) NewTOTP(user *core.User) (sealed, uri string) {
	seed := make([]byte, totpSeedSize)
	if _, err := io.ReadFull(f.Rand, seed); err != nil {
		panic(fmt.Sprintf("authn: no randomness: %v", err))
	}
	until := binary.BigEndian.AppendUint64(nil, uint64(f.Now().Add(totpOffered).Unix()))
	sealed = base64.RawURLEncoding.EncodeToString(f.Sealer.Seal(append(until, seed...), offerPurpose(user), f.Rand))
	return sealed, f.totpURI(user, seed)
}

// TOTPURI gives the uri of [Factors.NewTOTP] once more, to show the page again. The error
// is a *[core.SignInRefused] if the form is too old, or another person's; it is not
// recorded.
func (f *Factors) TOTPURI(user *core.User, sealed string) (uri string, err error) {
	seed, _, ok := f.offered(user, sealed)
	if !ok {
		return "", &core.SignInRefused{Kind: core.SignInExpired}
	}
	return f.totpURI(user, seed), nil
}

func offerPurpose(user *core.User) string { return "totp-offer:" + string(user.ID) }

// offered opens a seed of [Factors.NewTOTP] that may still be enrolled, and says until when.
func (f *Factors) offered(user *core.User, sealed string) (seed []byte, until time.Time, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, until, false
	}
	plain, err := f.Sealer.Unseal(raw, offerPurpose(user))
	if err != nil || len(plain) != 8+totpSeedSize {
		return nil, until, false
	}
	until = time.Unix(int64(binary.BigEndian.Uint64(plain)), 0)
	return plain[8:], until, f.Now().Before(until)
}

// usedOffer has a seed enrolled once, whoever sends its form again: with two apps of one
// seed a code would work twice.
func usedOffer(sealed string, until time.Time) core.Change {
	return core.UseAssertion{Hash: sha256.Sum256([]byte("totp offer\x00" + sealed)), ExpiresAt: until}
}

// totpURI is what apps read (the Key URI Format of Google Authenticator, which all
// follow). They show a plus sign as it stands, so blanks are %20.
func (f *Factors) totpURI(user *core.User, seed []byte) string {
	host := f.host()
	account := user.Email
	if account == "" {
		account = user.Name
	}
	query := url.Values{
		"secret":    {base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed)},
		"issuer":    {host},
		"algorithm": {"SHA1"},
		"digits":    {fmt.Sprint(totpDigits)},
		"period":    {fmt.Sprint(int(totpStep / time.Second))},
	}
	return "otpauth://totp/" + url.PathEscape(host) + ":" + url.PathEscape(account) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// AddTOTP gives the changes that enrol an app: sealed is what [Factors.NewTOTP] gave, the
// code is the first one that the app showed. It cannot be used again to sign in. The name
// is the person's own word for the app; it may be empty.
func (f *Factors) AddTOTP(ctx context.Context, user *core.User, sealed, code, name string, event core.Event) ([]core.Change, error) {
	event.UserID = user.ID
	refuse := func(reason string, kind core.SignInRefusal) error {
		return f.refuse(ctx, f.event(core.EventStepRefused, event, core.MethodTOTP, reason), core.SignInRefused{Kind: kind})
	}
	seed, until, ok := f.offered(user, sealed)
	if !ok {
		return nil, refuse(reasonExpired, core.SignInExpired)
	}
	now := f.Now()
	typed, ok := digits(code, totpDigits)
	if !ok {
		return nil, refuse(reasonWrongCode, core.SignInFactor)
	}
	step, _ := totpMatch(seed, typed, 0, now)
	if step == 0 {
		return nil, refuse(reasonWrongCode, core.SignInFactor)
	}
	app := core.Authenticator{
		ID: core.NewID(now, f.Rand), UserID: user.ID, Kind: core.AuthenticatorTOTP,
		Name: AuthenticatorName(name), Counter: step, CreatedAt: now,
	}
	app.Data = f.Sealer.Seal(seed, core.TOTPPurpose(app.ID), f.Rand)
	return append([]core.Change{usedOffer(sealed, until)}, f.added(app, event)...), nil
}

// added gives the changes that enrol something.
func (f *Factors) added(one core.Authenticator, event core.Event) []core.Change {
	record := f.event(core.EventAuthenticatorAdded, event, string(one.Kind), "")
	record.Detail["authenticator"] = string(one.ID)
	if one.Name != "" {
		record.Detail["name"] = one.Name
	}
	return []core.Change{core.AddAuthenticator{Authenticator: one}, core.Record{Event: record}}
}

const maxAuthenticatorName = 64

// AuthenticatorName gives the name as it is kept: one line of at most 64 characters,
// without what cannot be seen.
func AuthenticatorName(typed string) string {
	name := []rune(strings.Join(strings.FieldsFunc(strings.ToValidUTF8(typed, ""), func(c rune) bool {
		return unicode.IsSpace(c) || unicode.In(c, unicode.Cc, unicode.Cf)
	}), " "))
	if len(name) > maxAuthenticatorName {
		name = name[:maxAuthenticatorName]
	}
	return strings.TrimSpace(string(name))
}
