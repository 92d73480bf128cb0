package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Application is a client that may do something for the person.
type Application struct {
	Client     core.Client
	Scopes     []string // sorted, without claims that were asked for one by one
	Since      time.Time
	LastUsedAt time.Time // zero: not known
}

// Applications gives the clients that have access to something of the person, or would
// get it without asking them again, ordered by title.
func (s *Service) Applications(ctx context.Context, p Person) ([]Application, error) {
	connected, err := s.Store.ConnectedClients(ctx, p.User.ID, s.Now())
	if err != nil {
		return nil, err
	}
	consents, err := s.Store.Consents(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	found := map[string]*Application{}
	for _, c := range connected {
		found[c.ClientID] = &Application{Scopes: c.Scopes, Since: c.Since, LastUsedAt: c.LastUsedAt}
	}
	for _, c := range consents {
		a := found[c.ClientID]
		if a == nil {
			a = &Application{Since: c.GrantedAt}
			found[c.ClientID] = a
		}
		a.Scopes = append(slices.Clone(a.Scopes), c.Scopes...)
		if c.GrantedAt.Before(a.Since) {
			a.Since = c.GrantedAt
		}
	}
	list := make([]Application, 0, len(found))
	for id, a := range found {
		client, err := s.Store.Client(ctx, id)
		if errors.Is(err, core.ErrNotFound) {
			continue // deleted meanwhile, with all that it had
		}
		if err != nil {
			return nil, err
		}
		a.Client, a.Scopes = *client, scopesOf(a.Scopes)
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b Application) int {
		return strings.Compare(strings.ToLower(a.Client.Title())+a.Client.ID, strings.ToLower(b.Client.Title())+b.Client.ID)
	})
	return list, nil
}

// scopesOf leaves out claims, which are in quotes.
func scopesOf(allowed []string) []string {
	scopes := slices.DeleteFunc(slices.Clone(allowed), func(scope string) bool { return strings.HasPrefix(scope, `"`) })
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Disconnect takes back what the person allowed a client, and the tokens that it has. A
// client that has nothing of the person is a [core.ErrNotFound].
func (s *Service) Disconnect(ctx context.Context, p Person, clientID string) error {
	all, err := s.Applications(ctx, p)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(a Application) bool { return a.Client.ID == clientID }) {
		return core.ErrNotFound
	}
	record := s.event(p, core.EventConsentWithdrawn, nil)
	record.Event.ClientID = clientID
	return s.apply(ctx, core.WithdrawConsent{UserID: p.User.ID, ClientID: clientID, At: s.Now()}, record)
}
