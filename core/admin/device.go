package admin

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-id/postern/core"
)

// UserDevices gives the browsers that the user trusts and that are not asked for the
// second factor, the newest first.
func (s *Service) UserDevices(ctx context.Context, id core.ID) ([]core.Device, error) {
	devices, err := s.Store.Devices(ctx, id)
	now := s.Now()
	return slices.DeleteFunc(devices, func(d core.Device) bool { return !now.Before(d.ExpiresAt) }), wrap("read the devices", err)
}

// ForgetDevice has one of the user's browsers asked for the second factor again.
func (s *Service) ForgetDevice(ctx context.Context, actor Actor, id, device core.ID) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	err = s.apply(ctx, core.DeleteDevice{UserID: id, ID: device},
		s.userRecord(actor, s.Now(), core.EventDeviceForgotten, user, map[string]string{"device": string(device)}))
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "device", Name: string(device)}
	}
	return wrap("forget the device", err)
}

// ForgetDevices has all of the user's browsers asked for the second factor again.
func (s *Service) ForgetDevices(ctx context.Context, actor Actor, id core.ID) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	return s.applyUser(ctx, "forget the devices", user, []core.Change{
		core.DeleteDevices{UserID: id}, s.userRecord(actor, s.Now(), core.EventDeviceForgotten, user, map[string]string{"reason": "all"}),
	})
}
