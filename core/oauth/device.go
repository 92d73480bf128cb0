package oauth

import (
	"encoding/json"
	"net/url"
	"time"
)

// Members and parameters of RFC 8628 that clients write themselves.
const (
	ParamDeviceCode = "device_code" // of the token request (section 3.4)
	ParamUserCode   = "user_code"   // of the address that has the code in it (section 3.3.1)
)

// SlowDown is what a program waits longer after slow_down (RFC 8628 section 3.5, MUST).
const SlowDown = 5 * time.Second

// DeviceAuthorization is the answer to a device authorization request (RFC 8628 section
// 3.2).
type DeviceAuthorization struct {
	DeviceCode string // a secret
	UserCode   string // as [NewUserCode] makes it, without its hyphen
	ExpiresIn  time.Duration
	Interval   time.Duration // between two token requests
}

// Body is the document; the issuer has no slash at its end.
func (a DeviceAuthorization) Body(issuer string) []byte {
	shown := FormatUserCode(a.UserCode)
	body, err := json.Marshal(struct {
		DeviceCode string `json:"device_code"`
		UserCode   string `json:"user_code"`
		URI        string `json:"verification_uri"`
		Complete   string `json:"verification_uri_complete"`
		ExpiresIn  int    `json:"expires_in"`
		Interval   int    `json:"interval"`
	}{
		a.DeviceCode, shown, issuer + PathDevice, issuer + PathDevice + "?" + url.Values{ParamUserCode: {shown}}.Encode(),
		int(a.ExpiresIn / time.Second), int(a.Interval / time.Second),
	})
	if err != nil {
		panic(err) // strings and numbers always become JSON
	}
	return body
}
