package authn

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/postern-id/postern/core"
)

// Recovery codes have 80 bits, so a fast hash is the right one.
const (
	recoveryCodes = 10
	recoverySize  = 16 // characters
	recoveryGroup = 4
	recoveryBytes = recoverySize * 5 / 8
)

func recoveryAlphabet() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// NewRecoveryCodes makes codes that stand in for a lost authenticator. They are shown
// once: the change keeps their hashes alone, in place of those of older codes.
func (f *Factors) NewRecoveryCodes(user *core.User) (codes []string, change core.Change) {
	set := core.SetRecoveryCodes{UserID: user.ID, At: f.Now()}
	for range recoveryCodes {
		var raw [recoveryBytes]byte
		if _, err := io.ReadFull(f.Rand, raw[:]); err != nil {
			panic(fmt.Sprintf("authn: no randomness: %v", err))
		}
		code := recoveryAlphabet().EncodeToString(raw[:])
		set.Hashes = append(set.Hashes, recoveryHash(user.ID, code))
		codes = append(codes, grouped(code, recoveryGroup, "-"))
	}
	return codes, set
}

// grouped sets a mark behind each group of characters.
func grouped(code string, size int, mark string) string {
	var groups []string
	for len(code) > size {
		groups, code = append(groups, code[:size]), code[size:]
	}
	return strings.Join(append(groups, code), mark)
}

// recoveryHash is over the user too: the same code of another is another.
func recoveryHash(user core.ID, code string) core.Hash {
	return sha256.Sum256([]byte("recovery\n" + string(user) + "\n" + code))
}

// recoveryCode gives a code as it was meant: people copy it from paper, in capitals,
// with digits that its alphabet lacks for the letters that look like them.
func recoveryCode(typed string) (code string, ok bool) {
	const longest = 96
	if len(typed) > longest {
		return "", false
	}
	code = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c) || unicode.Is(unicode.Pd, c):
			return -1
		case c == '0':
			return 'o'
		case c == '1':
			return 'l'
		case c == '8':
			return 'b'
		}
		return unicode.ToLower(c)
	}, norm.NFKC.String(typed))
	raw, err := recoveryAlphabet().DecodeString(code)
	return code, err == nil && len(raw) == recoveryBytes && len(code) == recoverySize
}

// recovery compares with all codes of the person.
func (a *second) recovery(ctx context.Context) (*core.Proof, error) {
	stored, err := a.Store.RecoveryCodes(ctx, a.User.ID)
	if err != nil {
		return nil, fmt.Errorf("read recovery codes: %w", err)
	}
	code, ok := recoveryCode(a.Code)
	if !ok {
		return nil, a.wrongCode(ctx, reasonWrongCode)
	}
	hash, at, left := recoveryHash(a.User.ID, code), -1, 0
	for i, one := range stored {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(one.Hash[:], hash[:]), i, at)
		if one.UsedAt.IsZero() {
			left++
		}
	}
	switch {
	case at < 0:
		return nil, a.wrongCode(ctx, reasonWrongCode)
	case !stored[at].UsedAt.IsZero():
		return nil, a.wrongCode(ctx, reasonReusedCode)
	}
	used := a.event(core.EventRecoveryCodeUsed, a.Event, core.MethodRecovery, "")
	used.Detail["left"] = strconv.Itoa(left - 1)
	if browser := core.BrowserName(a.UserAgent); browser != "" {
		used.Detail["browser"] = browser
	}
	changes := []core.Change{core.UseRecoveryCode{UserID: a.User.ID, Hash: hash, At: a.Now()}, core.Record{Event: used}}
	return a.proved([]string{core.AMROneTime}, core.ACRTwo, append(changes, a.notice(&used)...)...), nil
}

// pathSecurity is the page of what somebody signs in with.
const pathSecurity = "/account/security"

// notice tells the person that a code was used, if there is a way to. Nobody needs one
// often: it may be somebody who found them.
func (a *second) notice(used *core.Event) []core.Change {
	if a.Mailer == nil || !a.Mailer.Ready() || a.User.Email == "" {
		return nil
	}
	words := map[string]string{
		core.WordName: a.User.DisplayName(), core.WordTime: used.At.UTC().Format(time.RFC3339), core.WordBrowser: used.Detail["browser"],
		core.WordAddress: used.IP, core.WordLink: a.Issuer + pathSecurity,
	}
	to := core.Mail{Org: a.User.Org, UserID: a.User.ID, To: a.User.Email, Template: core.MailNoticeRecovery, Locale: a.User.Profile.Locale}
	return []core.Change{a.Mailer.Compose(used.At, to, words)}
}
