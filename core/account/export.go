package account

import (
	"context"
	"encoding/json"
	"time"

	"github.com/postern-id/postern/core"
)

// Export is everything that is kept about a person, for them to take away. What would let
// somebody in, hashes, seeds and tokens, is not among it.
type Export struct {
	MadeAt         time.Time             `json:"made_at"`
	Issuer         string                `json:"issuer"`
	Account        exportedAccount       `json:"account"`
	Picture        *exportedPicture      `json:"picture,omitempty"`
	Authenticators []exportedFactor      `json:"authenticators"`
	RecoveryCodes  int                   `json:"recovery_codes_left"`
	Links          []exportedLink        `json:"linked_accounts"`
	Sessions       []exportedSession     `json:"sessions"`
	Devices        []exportedDevice      `json:"trusted_browsers"`
	Applications   []exportedApplication `json:"applications"`
	Events         []exportedEvent       `json:"events"`
}

type exportedAccount struct {
	ID            core.ID           `json:"id"`
	Organisation  string            `json:"organisation"`
	Name          string            `json:"user_name"`
	Email         string            `json:"email,omitempty"`
	EmailVerified bool              `json:"email_verified"`
	Administrator bool              `json:"administrator"`
	Groups        []string          `json:"groups"`
	Attributes    map[string]string `json:"attributes,omitempty"`
	Profile       core.Profile      `json:"profile"`
	HasPassword   bool              `json:"has_password"`
	PasswordAt    time.Time         `json:"password_set_at,omitzero"`
	CreatedAt     time.Time         `json:"created_at"`
	UpdatedAt     time.Time         `json:"updated_at"`
	LastSignInAt  time.Time         `json:"last_sign_in_at,omitzero"`
	LastSignInIP  string            `json:"last_sign_in_ip,omitempty"`
}

type exportedPicture struct {
	Type  string `json:"type"`
	Image []byte `json:"image"` // base64
}

type exportedFactor struct {
	Kind       core.AuthenticatorKind `json:"kind"`
	Name       string                 `json:"name"`
	CreatedAt  time.Time              `json:"created_at"`
	LastUsedAt time.Time              `json:"last_used_at,omitzero"`
}

type exportedLink struct {
	Provider   string    `json:"provider"`
	Subject    string    `json:"subject"`
	Name       string    `json:"name,omitempty"`
	Groups     []string  `json:"groups,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
}

type exportedSession struct {
	SignedInAt time.Time `json:"signed_in_at"`
	Methods    []string  `json:"methods"`
	ExpiresAt  time.Time `json:"expires_at"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"user_agent"`
}

type exportedDevice struct {
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	ExpiresAt  time.Time `json:"expires_at"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"user_agent"`
}

type exportedApplication struct {
	Name       string    `json:"name"`
	ClientID   string    `json:"client_id"`
	Scopes     []string  `json:"scopes"`
	Since      time.Time `json:"since"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
}

type exportedEvent struct {
	At       time.Time         `json:"at"`
	Type     core.EventType    `json:"type"`
	ByOther  bool              `json:"by_administrator,omitempty"`
	ClientID string            `json:"client_id,omitempty"`
	IP       string            `json:"ip,omitempty"`
	Detail   map[string]string `json:"detail,omitempty"`
}

// maxEvents is as many of the newest events as an export has.
const maxEvents = 10_000

// Export gives the JSON document of [Export], and records that it was taken.
func (s *Service) Export(ctx context.Context, p Person) ([]byte, error) {
	e := Export{MadeAt: s.Now().UTC(), Issuer: s.Issuer, Account: accountOf(&p.User)}
	for _, part := range []func(context.Context, Person, *Export) error{s.exportProofs, s.exportBrowsers, s.exportApplications, s.exportEvents} {
		if err := part(ctx, p, &e); err != nil {
			return nil, err
		}
	}
	document, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return nil, err
	}
	return document, s.apply(ctx, s.event(p, core.EventDataExported, nil))
}

func accountOf(u *core.User) exportedAccount {
	return exportedAccount{
		ID: u.ID, Organisation: u.Org, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Administrator: u.Admin,
		Groups: notNil(u.Groups), Attributes: u.Attributes, Profile: u.Profile, HasPassword: u.PasswordHash != "",
		PasswordAt: u.PasswordAt, CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, LastSignInAt: u.LastSignInAt, LastSignInIP: u.LastSignInIP,
	}
}

// notNil makes an empty list what it is in JSON.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (s *Service) exportProofs(ctx context.Context, p Person, e *Export) error {
	all, enrolled, links, err := s.proofs(ctx, p)
	if err != nil {
		return err
	}
	e.RecoveryCodes, e.Authenticators, e.Links = enrolled.RecoveryCodes, []exportedFactor{}, []exportedLink{}
	for _, one := range all {
		e.Authenticators = append(e.Authenticators, exportedFactor{one.Kind, one.Name, one.CreatedAt, one.LastUsedAt})
	}
	for _, l := range links {
		e.Links = append(e.Links, exportedLink{l.Connector, l.Subject, l.Name, l.Groups, l.CreatedAt, l.LastUsedAt})
	}
	picture, err := s.PictureOf(ctx, p)
	if picture != nil {
		e.Picture = &exportedPicture{picture.Type, picture.Image}
	}
	return err
}

func (s *Service) exportBrowsers(ctx context.Context, p Person, e *Export) error {
	sessions, err := s.Sessions(ctx, p)
	if err != nil {
		return err
	}
	devices, err := s.Devices(ctx, p)
	if err != nil {
		return err
	}
	e.Sessions, e.Devices = []exportedSession{}, []exportedDevice{}
	for _, one := range sessions {
		e.Sessions = append(e.Sessions, exportedSession{one.AuthTime, notNil(one.AMR), one.ExpiresAt, one.IP, one.UserAgent})
	}
	for _, one := range devices {
		e.Devices = append(e.Devices, exportedDevice{one.CreatedAt, one.LastUsedAt, one.ExpiresAt, one.IP, one.UserAgent})
	}
	return nil
}

func (s *Service) exportApplications(ctx context.Context, p Person, e *Export) error {
	all, err := s.Applications(ctx, p)
	e.Applications = []exportedApplication{}
	for _, a := range all {
		e.Applications = append(e.Applications, exportedApplication{a.Client.Title(), a.Client.ID, notNil(a.Scopes), a.Since, a.LastUsedAt})
	}
	return err
}

// exportEvents leaves out where others, administrators, were.
func (s *Service) exportEvents(ctx context.Context, p Person, e *Export) error {
	events, err := s.Store.Events(ctx, core.EventFilter{UserID: p.User.ID, Limit: maxEvents})
	e.Events = []exportedEvent{}
	for _, one := range events {
		shown := exportedEvent{At: one.At, Type: one.Type, ByOther: p.byOther(one), ClientID: one.ClientID, IP: one.IP, Detail: one.Detail}
		if shown.ByOther {
			shown.IP = ""
		}
		e.Events = append(e.Events, shown)
	}
	return err
}
