package job

import (
	"fmt"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Message gives a message of claims.map/v1 that has exactly that many bytes as JSON,
// Settings included: a person with as many groups and attributes as fit. The least is
// about 800.
func Message(size int) *hook.ClaimsInput {
	in := person()
	for n := 0; ; n++ {
		grown := *in
		grown.User.Groups = append(grown.User.Groups, fmt.Sprintf("team-%03d-editors", n))
		grown.User.Attributes = append(grown.User.Attributes, hook.Member{
			Name: fmt.Sprintf("role_%03d", n), Value: hook.String("reviewer of the chapter"),
		})
		if length(&grown) > size-len(`"tag":"",`) {
			break
		}
		in = &grown
	}
	in.User.Tag = "."
	in.User.Tag = strings.Repeat(".", max(size-length(in)+1, 1))
	return in
}

func length(in *hook.ClaimsInput) int { return len(in.AppendJSON(nil)) }

func person() *hook.ClaimsInput {
	settings, err := hook.Parse([]byte(Settings))
	if err != nil {
		panic(err) // a constant
	}
	return &hook.ClaimsInput{
		Target: hook.TargetIDToken, Settings: settings,
		User: hook.User{
			ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true,
			DisplayName: "Alice Liddell", GivenName: "Alice", FamilyName: "Liddell", Groups: []string{"staff"},
			Attributes: hook.Object{
				{Name: "cost_center", Value: hook.String("4711")},
				{Name: "department", Value: hook.String("Research & Development")},
				{Name: "office", Value: hook.String("Berlin")},
			},
		},
		Organisation:   hook.Organisation{Name: "built-in"},
		Client:         hook.Client{ID: "wiki", Name: "wiki"},
		Scopes:         []string{"openid", "profile", "email"},
		Authentication: hook.Authentication{Time: "2026-11-23T17:30:19Z", AMR: []string{"pwd"}},
		Claims: hook.Object{
			{Name: "iss", Value: hook.String("https://id.example.org")}, {Name: "sub", Value: hook.String("0694bc10-537e-41a8-ba9c-09e94317e6ba")},
			{Name: "preferred_username", Value: hook.String("alice")}, {Name: "email", Value: hook.String("alice@example.com")},
		},
	}
}
