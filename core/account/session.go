package account

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
)

// Session is a browser that the person is signed in with.
type Session struct {
	core.Session
	Current bool // it is the one that looks
}

// Sessions gives where the person is signed in, the browser that looks first.
func (s *Service) Sessions(ctx context.Context, p Person) ([]Session, error) {
	live, err := s.Store.Sessions(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	list := make([]Session, 0, len(live))
	for _, session := range live {
		list = append(list, Session{session, session.ID == p.Session.ID})
	}
	slices.SortStableFunc(list, func(a, b Session) int { return rank(a.Current) - rank(b.Current) })
	return list, nil
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// EndSession signs the person out in another browser. A session that is not theirs is a
// [core.ErrNotFound]; one that has ended stays so.
func (s *Service) EndSession(ctx context.Context, p Person, id core.ID) error {
	return s.apply(ctx, core.EndSession{ID: id, UserID: p.User.ID, At: s.Now()},
		s.event(p, core.EventSignedOut, map[string]string{"reason": "by_person", "session": string(id)}))
}

// EndOthers signs the person out everywhere but in the browser that asks. Applications
// lose their access, and get it back where the person goes on to use them.
func (s *Service) EndOthers(ctx context.Context, p Person) error {
	return s.apply(ctx, core.EndSessions{UserID: p.User.ID, Except: p.Session.ID, At: s.Now()},
		s.event(p, core.EventSignedOut, map[string]string{"reason": "others_by_person"}))
}

// Devices gives the browsers that are not asked for a second factor.
func (s *Service) Devices(ctx context.Context, p Person) ([]core.Device, error) {
	all, err := s.Store.Devices(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	return slices.DeleteFunc(all, func(d core.Device) bool { return !now.Before(d.ExpiresAt) }), nil
}

// ForgetDevice has a browser asked again. One that is not the person's is a
// [core.ErrNotFound].
func (s *Service) ForgetDevice(ctx context.Context, p Person, id core.ID) error {
	return s.apply(ctx, core.DeleteDevice{UserID: p.User.ID, ID: id}, s.event(p, core.EventDeviceForgotten, nil))
}

// ForgetDevices has all browsers asked again.
func (s *Service) ForgetDevices(ctx context.Context, p Person) error {
	return s.apply(ctx, core.DeleteDevices{UserID: p.User.ID}, s.event(p, core.EventDeviceForgotten, map[string]string{"reason": "all"}))
}
