package web

import "time"

// theMoment is now, in the stories.
var theMoment = time.Date(2026, time.November, 23, 18, 59, 0, 0, time.UTC)

const sampleURI = "otpauth://totp/Northwind:ada?algorithm=SHA1&digits=6&issuer=Northwind&period=30&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

func sampleCeremony(kind string) *Ceremony {
	options := `{"challenge":"q8J1","rpId":"login.example.com","userVerification":"required"}`
	if kind == "create" {
		options = `{"challenge":"q8J1","rp":{"id":"login.example.com","name":"Northwind"},"user":{"id":"AQ","name":"ada","displayName":"Ada Lovelace"},` +
			`"pubKeyCredParams":[{"type":"public-key","alg":-7}]}`
	}
	return &Ceremony{Options: options, Signed: "signed-ceremony"}
}

func peopleStories(client, branded, long *Client) []Story {
	login := Login{Action: "/login", Step: "signed-step", Client: client, CanCancel: true, Passkey: sampleCeremony("get"), RecoverURL: "/recover?step=signed-step"}
	full, mailOnly, keyOnly := login, login, login
	full.Email, full.RegisterURL, full.Offers = true, "/register?step=signed-step", []Offer{{"google", "Google", "google"}}
	mailOnly.Email, mailOnly.EmailOnly, mailOnly.RecoverURL, mailOnly.Passkey = true, true, "", nil
	keyOnly.OffersOnly, keyOnly.CanCancel = true, false
	factor := Factor{Action: "/factor", Step: "signed-step", Client: client, Name: "Ada Lovelace", Login: "ada", TOTP: true, Recovery: true, TrustDays: 30, CanCancel: true}
	both, wrongCode, wrongRecovery, keyFactor := factor, factor, factor, factor
	both.Passkey, both.Client = sampleCeremony("get"), branded
	wrongCode.Trusted, wrongCode.Problem, wrongCode.Wrong = true, "This code is not right, or was used already. Wait for the next one.", "totp"
	wrongRecovery.Problem, wrongRecovery.Wrong, wrongRecovery.TrustDays = "This recovery code is not right, or was used already.", "recovery", 0
	keyFactor.TOTP, keyFactor.Recovery, keyFactor.Passkey, keyFactor.TrustDays = false, false, sampleCeremony("get"), 1
	keyFactor.Notice = "Confluence asks for a passkey."
	chosen := Chosen{
		Action: "/register/confirm", Ticket: "ticket", Client: client, Organisation: "Northwind", Email: "ada@example.com",
		Password: true, PasswordRule: "At least 8 characters.", Passkey: sampleCeremony("create"),
	}
	wrongChosen, registered, invited, invitedKey := chosen, chosen, chosen, chosen
	wrongChosen.Username, wrongChosen.Name = "ada", "Ada Lovelace"
	wrongChosen.Problems = map[string]string{"username": "Somebody has this name already. Choose another one.", "password": "Use 8 characters or more."}
	registered.Username, registered.FixedUsername = registered.Email, true // the name is made of the address
	invited.Action, invited.Username, invited.FixedUsername, invited.Client = "/invite", "ada", true, nil
	invitedKey = invited
	invitedKey.Password = false
	return []Story{
		{"login-passkey", login},
		{"login-ways", full},
		{"login-mail", mailOnly},
		{"login-passkey-only", keyOnly},
		{"mailsent-signin", MailSent{
			Purpose: "signin", Address: "ada@example.com", Minutes: 10, Client: client, CanType: true, Action: "/login/mail", Step: "signed-step",
			CanSendAgain: true, BackURL: "/login?step=signed-step", MailboxURL: "/mailbox",
		}},
		{"mailsent-problem", MailSent{
			Purpose: "signin", Address: "ada@example.com", Minutes: 10, Client: client, CanType: true, Action: "/login/mail", Step: "signed-step",
			BackURL: "/login?step=signed-step", Problem: "This code is not right. Check the message and try again.",
		}},
		{"mailsent-reset", MailSent{Purpose: "reset", Address: "ada", Minutes: 30, BackURL: "/login"}},
		{"mailsent-register", MailSent{Purpose: "register", Address: "ada@example.com", Minutes: 1440, BackURL: "/login"}},
		{"mailsent-verify", MailSent{Purpose: "verify", Address: "ada@example.com", Minutes: 2880, BackURL: "/account"}},
		{"ticket-signin", Ticket{Purpose: "signin", Action: "/login/link", Ticket: "ticket", Step: "signed-step", Client: client, Name: "Ada Lovelace", ExpiresAt: theMoment}},
		{"ticket-postern", Ticket{Purpose: "signin", Action: "/login/link", Ticket: "ticket"}},
		{"ticket-verify", Ticket{Purpose: "verify", Action: "/verify", Ticket: "ticket", Email: "ada@example.com", ExpiresAt: theMoment}},
		{"ticket-email", Ticket{Purpose: "email", Action: "/email", Ticket: "ticket", Email: "ada@northwind.example", ExpiresAt: theMoment}},
		{"ticketgone", TicketGone{NextURL: "/login"}},
		{"ticketgone-used", TicketGone{Purpose: "reset", Reason: "used", NextURL: "/recover"}},
		{"ticketgone-invite", TicketGone{Purpose: "invite", Reason: "used", NextURL: "/login"}},
		{"ticketgone-registered", TicketGone{Purpose: "register", Reason: "used", NextURL: "/login"}},
		{"ticketgone-expired", TicketGone{Purpose: "invite", Reason: "expired"}},
		{"ticketgone-register", TicketGone{Purpose: "register", Reason: "expired", NextURL: "/register"}},
		{"ticketgone-browser", TicketGone{Purpose: "signin", Reason: "browser", NextURL: "/login"}},
		{"ticketgone-account", TicketGone{Purpose: "verify", Reason: "account", NextURL: "/api/logout", Name: "Charles Babbage"}},
		{"ticketgone-closed", TicketGone{Purpose: "reset", Reason: "closed", NextURL: "/login"}},
		{"factor", factor},
		{"factor-both", both},
		{"factor-problem", wrongCode},
		{"factor-recovery", wrongRecovery},
		{"factor-passkey", keyFactor},
		{"enrol", Enrol{Action: "/enrol", Step: "signed-step", Client: client, Name: "Ada Lovelace", Login: "ada", TOTP: true, Passkey: sampleCeremony("create"), CanCancel: true}},
		{"enrol-problem", Enrol{
			Action: "/enrol", Step: "signed-step", Name: "ada", Login: "ada", Passkey: sampleCeremony("create"), Problem: "This passkey could not be checked. Try again.",
		}},
		{"enroltotp", EnrolTOTP{
			Action: "/enrol", Step: "signed-step", Client: client, URI: sampleURI, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Sealed: "sealed-seed", CanCancel: true,
		}},
		{"enroltotp-long", EnrolTOTP{Action: "/enrol", Step: "signed-step", Client: long, URI: sampleURI, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Sealed: "sealed-seed", CanCancel: true}},
		{"enroltotp-problem", EnrolTOTP{
			Action: "/account/security", Step: "signed-step", URI: sampleURI, Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", Sealed: "sealed-seed", Name: "Phone",
			BackURL: "/account/security", Problems: map[string]string{"code": "This code is not right. Check that the clock of your phone is, and type the next one."},
		}},
		{"enrolpasskey", EnrolPasskey{Action: "/account/security", Step: "signed-step", Passkey: *sampleCeremony("create"), Name: "Firefox (Linux)", BackURL: "/account/security"}},
		{"enrolpasskey-problem", EnrolPasskey{
			Action: "/enrol", Step: "signed-step", Client: client, Passkey: *sampleCeremony("create"), CanCancel: true,
			Problems: map[string]string{"name": "Give it a name.", "": "This passkey could not be checked. Try again."},
		}},
		{"recoverycodes", RecoveryCodes{Action: "/enrol", Step: "signed-step", Client: client, Codes: sampleCodes(), Login: "ada", Site: "login.example.com", MadeAt: theMoment}},
		{"recoverycodes-account", RecoveryCodes{ContinueURL: "/account/security", Codes: sampleCodes(), Login: "ada", Site: "login.example.com", MadeAt: theMoment}},
		{"recover", Recover{Action: "/recover", Step: "signed-step", Client: client, BackURL: "/login?step=signed-step"}},
		{"recover-problem", Recover{Action: "/recover", Step: "signed-step", Problems: map[string]string{"username": "Enter your user name or your e-mail address."}}},
		{"newpassword", NewPassword{Action: "/reset", Ticket: "ticket", Login: "ada", PasswordRule: "At least 8 characters."}},
		{"newpassword-problem", NewPassword{
			Action: "/reset", Ticket: "ticket", Login: "ada", PasswordRule: "At least 8 characters.",
			Problems: map[string]string{"password": "This password was found in a list of stolen ones. Choose another one."},
		}},
		{"newpassword-change", NewPassword{
			Action: "/account/security", Step: "signed-step", Login: "ada", Change: true, AskCurrent: true, PasswordRule: "At least 8 characters.", BackURL: "/account/security",
			Problems: map[string]string{"current": "This is not your password."},
		}},
		{"register", Register{Action: "/register", Step: "signed-step", Client: client, Organisation: "Northwind", Domains: []string{"northwind.example", "example.com"}, BackURL: "/login?step=signed-step"}},
		{"register-problem", Register{Action: "/register", Step: "signed-step", Email: "ada@", Problems: map[string]string{"email": "Write the whole address, such as ada@example.com."}}},
		{"registerconfirm", RegisterConfirm{registered}},
		{"registerconfirm-problems", RegisterConfirm{wrongChosen}},
		{"invite", Invite{Chosen: invited, Inviter: "Charles Babbage"}},
		{"invite-passkey", Invite{Chosen: invitedKey}},
		{"done-password", Done{What: "password", ContinueURL: "/login"}},
		{"done-verified", Done{What: "verified", Email: "ada@example.com", ContinueURL: "/account"}},
		{"done-email", Done{What: "email", Email: "ada@northwind.example", ContinueURL: "/account"}},
		{"done-deleted", Done{What: "deleted"}},
		{"done-registered", Done{What: "registered", ContinueURL: "/authorize/continue", Client: client}},
		{"done", Done{What: "left"}},
		{"mailbox", Mailbox{Mails: []MailboxMail{
			{"2", "ada@example.com", "Sign in to Northwind", "Hello Ada,\n\nsign in here:\nhttp://localhost:8000/login/link?ticket=ticket\n\nor type the code 12345678.\n", []string{"http://localhost:8000/login/link?ticket=ticket"}, theMoment, "/mailbox/2"},
			{"1", "charles@example.com", "Your password was changed", "Hello Charles,\n\nyour password was changed.\n", nil, theMoment.Add(-time.Hour), ""},
		}}},
		{"mailbox-empty", Mailbox{}},
	}
}

func sampleCodes() []string {
	return []string{
		"k3qx-7hzd-2mna-vt5r", "b6wy-ej4p-xq2l-oc3m", "t5un-2rvg-6kda-hz7s", "q4lc-wb7x-3ype-nm2j", "f2gh-zt6d-ra5k-xu3v",
		"d7ms-4qbn-lw2e-yc6p", "x3vj-o5tk-7gzh-ba4r", "n6pe-2udx-qs4w-lf7c", "j2ya-m7rb-vk3t-gh5z", "u4cz-6nxd-pe2q-wo7l",
	}
}
