package web

import (
	"encoding/base64"
	"time"
)

// Story is a page with canned data, as a person would meet it. Tests hold every one to
// what pages must be, and commands render them; no server shows them.
type Story struct {
	Name string
	Page Page
}

// Stories gives every page, and each state of it that looks different.
func Stories() []Story {
	confluence := &Client{
		Name:      "Confluence",
		ClientURI: "https://wiki.example.com/",
		PolicyURI: "https://wiki.example.com/privacy",
		TermsURI:  "https://wiki.example.com/terms",
	}
	branded := &Client{Name: "Northwind Wiki", LogoURI: sampleLogo()}
	itself := &Client{
		Name: "Northwind Wiki", RemoteLogo: "https://wiki.example.com/logo.png", Unchecked: "wiki.example.com",
		PolicyURI: "https://wiki.example.com/privacy", TermsURI: "https://wiki.example.com/terms",
	}
	long := &Client{Name: "Engineering Knowledge Base of the Northern Infrastructure and Telecommunications Department"}
	scopes := []Scope{
		{"openid", "Who you are", "A number that stands for you, and when you signed in"},
		{"profile", "Your profile", "Full name, user name and groups"},
		{"email", "Your e-mail address", "ada@example.com"},
		{"offline_access", "Access while you are away", "Until you or an administrator take it back"},
	}
	offers := []Offer{
		{"google", "Google", "google"}, {"github", "GitHub", "github"}, {"staff", "Northwind staff", sampleLogo()}, {"partners", "Partners", ""},
		{"microsoft", "Microsoft", "microsoft"}, {"gitlab", "GitLab", "gitlab"}, {"apple", "Apple", "apple"}, {"openid", "OpenID", "openid"},
		{"key", "Security desk", "key"}, {"directory", "Directory", "directory"}, {"postern", "Head office", "postern"}, {"okta", "Okta", "okta"},
		{"auth0", "Auth0", "auth0"}, {"keycloak", "Keycloak", "keycloak"}, {"casdoor", "Casdoor", "casdoor"},
		{"long", "Federated sign-in of the Northern Infrastructure and Telecommunications Department", "generic"},
	}
	third, signedIn := time.Date(2026, 5, 3, 9, 30, 0, 0, time.UTC), time.Date(2026, 11, 23, 18, 59, 0, 0, time.UTC)
	links := []Link{
		{"google", "110169484474386276334", "Google", "google", "ada.lovelace@example.com", third, false},
		{"github", "583231", "GitHub", "github", "ada-l", signedIn, false},
	}
	all := []Story{
		{"login", Login{Action: "/login", Step: "signed-step", Client: confluence, CanCancel: true}},
		{"login-postern", Login{Action: "/login", Step: "signed-step"}},
		{"login-registered", Login{Action: "/login", Step: "signed-step", Client: itself, CanCancel: true}},
		{"login-problem", Login{
			Action: "/login", Step: "signed-step", Client: branded, Username: "ada", CanCancel: true,
			Problem: "The user name or the password is not right. Check both and try again.",
		}},
		{"login-notice", Login{
			Action: "/login", Step: "signed-step", Client: branded, Username: "ada", Notice: "Northwind Wiki asks you to sign in again.",
		}},
		{"login-long", Login{Action: "/login", Step: "signed-step", Client: long, CanCancel: true}},
		{"login-offers", Login{Action: "/login", Step: "signed-step", Client: confluence, CanCancel: true, Offers: offers[:3]}},
		{"login-offers-all", Login{Action: "/login", Step: "signed-step", Offers: offers}},
		{"login-offers-only", Login{Action: "/login", Step: "signed-step", Client: branded, CanCancel: true, OffersOnly: true, Offers: offers[:2]}},
		{"login-offers-none", Login{Action: "/login", Step: "signed-step", Client: branded, CanCancel: true, OffersOnly: true}},
		{"login-offers-problem", Login{
			Action: "/login", Step: "signed-step", Client: branded, Username: "ada", CanCancel: true, Offers: offers[:2],
			Problem: "The user name or the password is not right. Check both and try again.",
		}},
		{"login-name", Login{Action: "/login", Step: "signed-step", Client: confluence, CanCancel: true, NameFirst: true, Offers: offers[1:3]}},
		{"login-name-hint", Login{Action: "/login", Step: "signed-step", Client: confluence, NameFirst: true, Username: "ada@example.com"}},
		{"login-name-problem", Login{
			Action: "/login", Step: "signed-step", Client: confluence, NameFirst: true, Problem: "Enter your user name or your e-mail address.",
		}},
		{"login-named", Login{
			Action: "/login", Step: "signed-step", Client: confluence, CanCancel: true, Username: "ada@example.com", Offers: offers[1:3],
		}},
		{"login-cancelled", Login{
			Action: "/login", Step: "signed-step", Client: confluence, CanCancel: true, Offers: offers[:2],
			Notice: "You came back from Google without signing in. Choose how to go on.",
		}},
		{"login-denied", Login{
			Action: "/login", Step: "signed-step", Client: confluence, CanCancel: true, Offers: offers[:2], FieldsRight: true,
			Problem: "GitHub does not let you in here: Only members of the organisation northwind may sign in.",
		}},
		{"select", Select{Action: "/select", Step: "signed-step", Client: confluence, Name: "Ada Lovelace", Login: "ada", Email: "ada@example.com"}},
		{"consent", Consent{
			Action: "/consent", Step: "signed-step", Client: confluence, User: "Ada Lovelace", Login: "ada",
			Scopes: scopes, ReturnTo: "wiki.example.com",
		}},
		{"consent-branded", Consent{Action: "/consent", Step: "signed-step", Client: branded, User: "Ada Lovelace", Login: "ada", Scopes: scopes[:2]}},
		{"welcome", Welcome{LoginURL: "/login"}},
		{"welcome-setup", Welcome{NeedsSetup: true}},
		{"logout", Logout{Action: "/api/logout", Step: "signed-step", Client: confluence, Name: "Ada Lovelace"}},
		{"signedout", SignedOut{LoginURL: "/login"}},
		{"signingout", SigningOut{LoginURL: "/login", Frames: []string{"https://wiki.example.com/logout?iss=http%3A%2F%2Flocalhost%3A8000&sid=1"}}},
		{"signingout-client", SigningOut{
			URL: "https://wiki.example.com/bye?state=1", Client: confluence,
			Frames: []string{"https://wiki.example.com/logout?sid=1", `https://chat.example.com/out?a=(b)&c="><script>`},
		}},
		{"signingout-provider", SigningOut{URL: "https://login.example.com/logout", Name: "Google", Frames: []string{"https://wiki.example.com/logout?sid=1"}}},
		{"checksession", CheckSession{}},
		{"error", Error{
			Status: 400, Code: "invalid_request", Title: "This sign-in link does not work",
			Description: "The application sent an address to return to that is not registered for it.",
			Hint:        "Go back to the application and try again. If it happens again, give the reference below to your administrator.",
			Correlation: "01JDD2V7Q8M4RZ",
		}},
		{"error-back", Error{
			Status: 502, Code: "server_error", Title: "Signing in with Google did not work",
			Description: "This server could not finish the sign-in there. You were not signed in.",
			Hint:        "Try again, or sign in another way. If it happens again, give the reference below to your administrator.",
			Correlation: "01JDD2V7Q8M4RZ", BackURL: "/login?step=signed-step",
		}},
		{"error-bare", Error{}},
		{"setup", Setup{
			Action: "/setup", Token: "one-time-token", Username: "admin",
			PasswordMin: 8,
		}},
		{"setup-problems", Setup{
			Action: "/setup", Token: "one-time-token", Username: "admin", Name: "Ada Lovelace", Email: "ada@", PasswordMin: 8,
			Problems: map[string]string{
				"email":    "Write the whole address, such as ada@example.com.",
				"password": "Use 8 characters or more.",
			},
		}},
		{"setupdone", SetupDone{Login: "admin", LoginURL: "/login", Issuer: "http://localhost:8000"}},
		{"formpost", FormPost{
			Action: "https://wiki.example.com/callback", Client: confluence,
			Fields: []Field{{"code", "code_1"}, {"state", `"><script>`}, {"iss", "http://localhost:8000"}},
		}},
		{"leaving", Leaving{URL: `https://accounts.google.com/o/oauth2/v2/auth?client_id=postern&state="><script>;x`, Name: "Google", Icon: "google"}},
		{"leaving-client", Leaving{URL: "https://wiki.example.com/callback?code=code_1", Client: confluence}},
		{"denied", Denied{Client: confluence, Reason: `Only from the "office" network <b>.`, URL: "https://wiki.example.com/callback?error=access_denied"}},
		{"denied-formpost", Denied{Client: confluence, Action: "https://wiki.example.com/callback", Fields: []Field{{"error", "access_denied"}, {"state", "s"}}}},
		{"leaving-bare", Leaving{URL: "https://login.example.com/authorize"}},
	}
	all = append(all, deviceStories(confluence, itself, long, scopes)...)
	all = append(all, peopleStories(confluence, branded, long)...)
	return append(all, accountStories(confluence, branded, long, links, offers[2:3])...)
}

func sampleLogo() string {
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="#3d2f8f"/>` +
		`<path d="M20 46V18l24 28V18" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" stroke-linejoin="round"/></svg>`
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
}
