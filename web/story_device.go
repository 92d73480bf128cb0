package web

func deviceStories(client, itself, long *Client, scopes []Scope) []Story {
	code := DeviceCode{Action: "/login/oauth/device", Step: "signed-step", Name: "Ada Lovelace", Login: "ada"}
	filled, wrong, slow := code, code, code
	filled.Code = "WDJB-MJHT"
	wrong.Code, wrong.Problem = "WDJB-MJHA", "This code is not right, or has expired. Check it, or let the program show another one."
	slow.Code, slow.Problem, slow.FieldRight = "WDJB-MJHT", "There were too many wrong codes. Wait a few minutes, then try again.", true
	asks := Device{
		Action: "/login/oauth/device", Step: "signed-step", Client: &Client{Name: "Postern command line"}, Name: "Ada Lovelace", Login: "ada", Code: "WDJB-MJHT",
		Address: "192.0.2.7", Same: true, AskedAt: theMoment,
		Scopes: append(scopes[:2:2], Scope{"postern:administration", "Administration", "Whatever your roles let you do as an administrator of this server."}),
	}
	elsewhere, lengthy := asks, asks
	registered := *itself
	registered.Unchecked, registered.RemoteLogo, registered.Program = "", "", true
	elsewhere.Client, elsewhere.Same, elsewhere.Address, elsewhere.Scopes = &registered, false, "2001:db8:85a3::8a2e:370:7334", scopes
	lengthy.Client, lengthy.Scopes = long, nil
	return []Story{
		{"device-code", code},
		{"device-code-filled", filled},
		{"device-code-problem", wrong},
		{"device-code-throttled", slow},
		{"device", asks},
		{"device-elsewhere", elsewhere},
		{"device-long", lengthy},
		{"device-done", DeviceDone{Program: client.Name, Allowed: true, AccountURL: "/account/applications"}},
		{"device-denied", DeviceDone{Program: client.Name}},
		{"device-denied-group", DeviceDone{Program: client.Name, Reason: "group"}},
		{"device-denied-policy", DeviceDone{Program: client.Name, Reason: "policy", Words: `Only from the "office" network <b>.`}},
		{"device-denied-rules", DeviceDone{Program: client.Name, Reason: "policy"}},
	}
}
