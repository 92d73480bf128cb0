package token

import "testing"

// TestRefuse runs every refusal under its number.
func TestRefuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		test func(*testing.T)
	}{
		{"060_access_token_ends_with_the_family", refuse060AccessTokenEndsWithTheFamily},
		{"115_token_in_query", refuse115TokenInQuery},
		{"115_user_info_without_openid", refuse115UserInfoWithoutOpenID},
		{"116_claims_of_scopes", refuse116ClaimsOfScopes},
		{"132_plugin_claims", refuse132PluginClaims},
	} {
		t.Run(tt.name, tt.test)
	}
	refuseAccessTokens(t)
}
