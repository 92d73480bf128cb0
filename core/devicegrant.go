package core

import "time"

// GrantDevice is the grant type of programs without a browser (RFC 8628 section 3.4).
const GrantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// ClientCommand is the client ID of the command line, which every directory has: a public
// client that signs people in by the device flow.
const ClientCommand = "postern-cli"

// ScopeAdministration lets a client do by the REST API what its person may do there. Nobody
// gets it but by asking for it, from a client that an operator gave it.
const ScopeAdministration = "postern:administration"

// DeviceState is how far somebody is with a device authorization.
type DeviceState string

// The states.
const (
	DevicePending  DeviceState = "pending"
	DeviceApproved DeviceState = "approved"
	DeviceDenied   DeviceState = "denied"
)

// DeviceGrant is a device authorization that waits for a person or for its program (RFC 8628
// section 3.2). It is deleted when its code is redeemed, and swept when it has expired.
type DeviceGrant struct {
	ID       ID   // in the device code, see [KindDeviceCode]
	Hash     Hash // of the device code
	UserCode Hash // of the code that the person types, without its hyphens: see HashSecret
	ClientID string
	Scopes   []string
	State    DeviceState
	// What the person allowed, once they did.
	GrantedScopes []string
	SessionID     ID
	UserID        ID
	IP            string // of the program, to show
	UserAgent     string // of the program, at most 256 bytes
	Interval      time.Duration
	PolledAt      time.Time
	CreatedAt     time.Time
	ExpiresAt     time.Time
}
