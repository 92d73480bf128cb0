package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/postern-id/postern/core"
)

// Limits of mails that anybody can have sent.
const (
	mailWindow     = 10 * time.Minute
	mailsOfAccount = 3
	// mailsOfAddress is wider: a whole company may share an address.
	mailsOfAddress = 30
)

// mailLimit counts who asked for mails to one account, and from one address.
type mailLimit struct {
	account, address string // keys
	now              time.Time
	counts           []core.Failures
	leave            func() // to be called once the mail is queued
}

// askers lets those who ask for mails to one account ask one after the other, each with
// those before it counted. Accounts that share a place only wait for each other.
type askers [64]gate

func (a *askers) enter(ctx context.Context, account string) (leave func(), err error) {
	sum := sha256.Sum256([]byte(account))
	return a[int(sum[0])%len(a)].enter(ctx)
}

// limitOf waits for its turn, and reads what was counted for the account of that user, or of that name if there
// is none.
func (e *Entry) limitOf(ctx context.Context, user *core.User, org, login, ip string) (*mailLimit, error) {
	l := &mailLimit{account: accountKey(user, org, login), address: addressKey(ip)}
	leave, err := e.asking.enter(ctx, l.account)
	if err != nil {
		return nil, fmt.Errorf("wait for others who ask for a mail: %w", err)
	}
	if l.counts, err = e.Store.Failures(ctx, l.account, l.address); err != nil {
		leave()
		return nil, fmt.Errorf("read who asked for mails: %w", err)
	}
	l.leave, l.now = leave, e.Now()
	return l, nil
}

// accountKey counts who is not there as well, so that nothing shows who is.
func accountKey(user *core.User, org, login string) string {
	if user != nil {
		return "mail:account:" + string(user.ID)
	}
	sum := sha256.Sum256([]byte(org + "\n" + core.FoldName(login)))
	return "mail:name:" + hex.EncodeToString(sum[:16])
}

// addressKey counts an IPv6 network as one: its hosts choose the rest of their addresses
// themselves.
func addressKey(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "mail:ip:unknown"
	}
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			address = network.Addr()
		}
	}
	return "mail:ip:" + address.String()
}

// wait is how long the key has to wait.
func (l *mailLimit) wait(key string, most int) time.Duration {
	for _, f := range l.counts {
		if f.Key == key && f.Count >= most {
			return max(0, f.LastAt.Add(mailWindow).Sub(l.now))
		}
	}
	return 0
}

// full reports whether the account has had all the mails that it gets for now.
func (l *mailLimit) full() bool { return l.wait(l.account, mailsOfAccount) > 0 }

// closed is how long nobody at the address is heard.
func (l *mailLimit) closed() time.Duration { return l.wait(l.address, mailsOfAddress) }

// count counts one more. What is full is not counted: the wait would never end while
// somebody keeps asking.
func (l *mailLimit) count() core.Change {
	keys := []string{l.address}
	if !l.full() {
		keys = append(keys, l.account)
	}
	return core.CountFailure{Keys: keys, At: l.now, Window: mailWindow}
}
