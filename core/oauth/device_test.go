package oauth_test

import (
	"testing"
	"time"

	"github.com/postern-id/postern/core/oauth"
)

func TestDeviceAuthorizationBody(t *testing.T) {
	body := oauth.DeviceAuthorization{
		DeviceCode: "dc_secret", UserCode: "WDJBMJHT", ExpiresIn: 10 * time.Minute, Interval: 5 * time.Second,
	}.Body("https://id.example")
	want := `{"device_code":"dc_secret","user_code":"WDJB-MJHT","verification_uri":"https://id.example/login/oauth/device",` +
		`"verification_uri_complete":"https://id.example/login/oauth/device?user_code=WDJB-MJHT","expires_in":600,"interval":5}`
	if string(body) != want {
		t.Errorf("%s", body)
	}
}
