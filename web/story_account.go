package web

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"time"
)

// samplePicture is where the picture of a person is.
const samplePicture = "/avatar/01JDD2V7Q8M4RZ"

// portrait draws somebody: a head and shoulders before an evening sky, as PNG.
func portrait() []byte {
	const size = 192
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			shade := color.RGBA{uint8(70 + y/2), uint8(90 + y/4), uint8(150 - y/4), 255}
			dx, head, body := x-size/2, y-74, y-190
			if dx*dx+head*head < 38*38 || dx*dx+body*body*4/5 < 66*66 {
				shade = color.RGBA{250, 226, 200, 255}
			}
			picture.SetRGBA(x, y, shade)
		}
	}
	var file bytes.Buffer
	_ = png.Encode(&file, picture) // a buffer takes everything
	return file.Bytes()
}

func samplePerson(action string) Person {
	return Person{Name: "Ada Lovelace", Login: "ada", Action: action, Step: "signed-step", Logout: "/api/logout"}
}

func sampleAdministrator(action string) Person {
	person := samplePerson(action)
	person.ConsoleURL = "/admin"
	return person
}

func sampleLanguages() []Language {
	return []Language{{"en", "English"}, {"de", "Deutsch"}, {"fr", "Français"}, {"es", "Español"}, {"pt", "Português"}, {"zh", "中文"}, {"ja", "日本語"}}
}

func accountStories(client, branded, long *Client, links []Link, offers []Offer) []Story {
	day := 24 * time.Hour
	profile := Profile{
		Person: samplePerson("/account"), Organisation: "Northwind", Email: "ada@example.com", Verified: true, EmailURL: "/email", Since: theMoment.Add(-200 * day),
		FullName: "Ada Lovelace", GivenName: "Ada", FamilyName: "Lovelace", Birthdate: "1815-12-10", Locale: "de", Languages: sampleLanguages(),
	}
	wrongProfile, locked := profile, profile
	wrongProfile.Verified, wrongProfile.CanVerify, wrongProfile.Picture = false, true, samplePicture
	wrongProfile.Website, wrongProfile.Appearance = "ada.example", "dark"
	wrongProfile.Problems = map[string]string{"website": "Write the whole address, such as https://example.com.", "picture": "This is no picture. Choose a PNG, JPEG or GIF file."}
	locked.Locked, locked.EmailURL = true, ""
	locked.Name, locked.Login = "Wolfeschlegelsteinhausenbergerdorff-Bartholomäus Maria von und zu Hohenlohe", "wolfeschlegelsteinhausenbergerdorff@engineering.northwind.example"
	laptop := Browser{ID: "b1", Name: "Firefox (Linux)", IP: "192.0.2.7", At: theMoment, LastUsedAt: theMoment, ExpiresAt: theMoment.Add(30 * day), Current: true}
	phone := Browser{ID: "b2", Name: "Safari (iPhone)", IP: "2001:db8:85a3:8d3:1319:8a2e:370:7348", At: theMoment.Add(-3 * day), ExpiresAt: theMoment.Add(20 * day)}
	old := Browser{ID: "b3", IP: "198.51.100.9", At: theMoment.Add(-9 * day), ExpiresAt: theMoment.Add(10 * day)}
	security := Security{
		Person: samplePerson("/account/security"), AddPasskeyURL: "/account/security?add=passkey", AddAppURL: "/account/security?add=app",
		PasswordURL: "/account/security?change=password", Password: true, PasswordAt: theMoment.Add(-90 * day),
		Passkeys: []Authenticator{
			{ID: "p1", Name: "Work laptop", CreatedAt: theMoment.Add(-100 * day), LastUsedAt: theMoment},
			{ID: "p2", Name: "Blue security key", CreatedAt: theMoment.Add(-2 * day)},
		},
		Apps:  []Authenticator{{ID: "a1", Name: "Phone", CreatedAt: theMoment.Add(-100 * day), LastUsedAt: theMoment.Add(-day)}},
		Codes: 8, CodesMade: true, CanMakeCodes: true, Links: links, UnlinkAction: "/unlink", Offers: offers, LinkAction: "/link", Browsers: []Browser{laptop, phone},
		Signal: &Signal{RPID: "login.example.com", UserID: "AQ", Credentials: []string{"AQID", "BAUG"}, Name: "ada", DisplayName: "Ada Lovelace"},
	}
	security.Notice = "Blue security key was added. You can sign in with it."
	wrongSecurity := security
	wrongSecurity.Notice, wrongSecurity.Problem = "", "The name was not changed."
	wrongSecurity.Apps = []Authenticator{{ID: "a1", CreatedAt: theMoment}} // whoever made it gave it no name
	wrongSecurity.Passkeys = []Authenticator{{
		ID: "p1", Name: "Work laptop", CreatedAt: theMoment, Only: true, Wrong: "Use up to 64 characters.",
		Typed: "The laptop that I use at work and sometimes at home when it is raining outside",
	}}
	bare := Security{Person: samplePerson("/account/security"), AddPasskeyURL: "/account/security?add=passkey", AddAppURL: "/account/security?add=app", PasswordURL: "/account/security?change=password", CanMakeCodes: true}
	scopes := []Scope{{"profile", "Your profile", "Full name, user name and groups"}, {"email", "Your e-mail address", "ada@example.com"}}
	deletion := DeleteAccount{Person: samplePerson("/account/data"), Sessions: 2, Applications: 3, Passkeys: 1, Links: 1, BackURL: "/account/data"}
	wrongDeletion := deletion
	wrongDeletion.Problems = map[string]string{"confirm": "This is not your user name."}
	return []Story{
		{"profile", profile},
		{"profile-problems", wrongProfile},
		{"profile-locked", locked},
		{"security", security},
		{"security-problem", wrongSecurity},
		{"security-password", Security{Person: samplePerson("/account/security"), Password: true, PasswordAt: theMoment, PasswordURL: "/account/security/password"}}, // nothing else is allowed
		{"security-bare", bare},
		{"sessions", Sessions{samplePerson("/account/sessions"), []Browser{laptop, phone, old}}},
		{"sessions-one", Sessions{samplePerson("/account/sessions"), []Browser{laptop}}},
		{"applications", Applications{samplePerson("/account/applications"), []Application{
			{"confluence", *client, theMoment.Add(-90 * day), theMoment, scopes},
			{"wiki", *branded, theMoment.Add(-9 * day), time.Time{}, nil},
			{"base", *long, theMoment.Add(-8 * day), theMoment, scopes[:1]},
		}}},
		{"applications-none", Applications{samplePerson("/account/applications"), nil}},
		{"activity", Activity{sampleAdministrator("/account/activity"), []Happening{
			{theMoment, "signin.succeeded", "Confluence", "Firefox (Linux)", "192.0.2.7", false},
			{theMoment.Add(-time.Hour), "signin.failed", "", "", "198.51.100.9", false},
			{theMoment.Add(-day), "authenticator.added", "Blue security key", "Firefox (Linux)", "192.0.2.7", false},
			{theMoment.Add(-2 * day), "user.email_changed", "ada@example.com", "", "", true},
			{theMoment.Add(-3 * day), "user.password_set", "", "Safari (iPhone)", "2001:db8:85a3:8d3:1319:8a2e:370:7348", false},
			{theMoment.Add(-200 * day), "user.invited", "", "", "", true},
		}, "/account/activity?before=7"}},
		{"activity-none", Activity{Person: samplePerson("/account/activity")}},
		{"data", Data{samplePerson("/account/data"), "/account/data?delete=yes"}},
		{"data-locked", Data{Person: samplePerson("/account/data")}},
		{"deleteaccount", deletion},
		{"deleteaccount-problem", wrongDeletion},
		{"emailchange", EmailChange{Person: samplePerson("/email"), Email: "ada@example.com", BackURL: "/account"}},
		{"emailchange-problem", EmailChange{Person: samplePerson("/email"), New: "ada@", Problems: map[string]string{"email": "Write the whole address, such as ada@example.com."}}},
	}
}
