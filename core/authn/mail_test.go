package authn

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// allowMail lets people of the organisation sign in by e-mail.
func (w *factors) allowMail() *factors {
	w.orgs["built-in"].Rules.SignIn.Methods = []string{core.MethodPassword, core.MethodEmail}
	return w
}

// browserHash is of the cookie of a browser.
func browserHash(name string) core.Hash { return core.HashSecret(name) }

func mailTo(login string) core.MailAttempt {
	return core.MailAttempt{Client: &core.Client{ID: "rp", Name: "app", DisplayName: "The app"}, Login: login, Request: "request", Browser: browserHash("hers"), Locale: "de", Event: from()}
}

// ask asks for a mail and applies what comes of it.
func (w *factors) ask(login string) core.ID {
	w.t.Helper()
	ticket, changes, err := w.RequestMail(w.t.Context(), mailTo(login))
	if err != nil {
		w.t.Fatal(err)
	}
	w.mustApply(changes...)
	return ticket
}

// mailed asks for a mail and gives the ticket with what its mail brings.
func (w *factors) mailed(login string) (ticket core.ID, link, code string) {
	w.t.Helper()
	ticket = w.ask(login)
	_, words := w.lastMail()
	u, err := url.Parse(words["link"])
	if err != nil {
		w.t.Fatal(err)
	}
	w.written = nil
	return ticket, u.Query().Get("ticket"), words["code"]
}

// lastMail gives the mail that was queued last, with its words.
func (w *factors) lastMail() (core.Mail, map[string]string) {
	w.t.Helper()
	if len(w.mails) == 0 {
		w.t.Fatal("there is no mail")
	}
	mail := w.mails[len(w.mails)-1]
	plain, err := w.Sealer.Unseal(mail.Sealed, core.MailPurpose(mail.ID))
	var words map[string]string
	if err == nil {
		err = json.Unmarshal(plain, &words)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return mail, words
}

func (w *factors) bring(change func(*core.TicketAttempt)) (*core.Proof, error) {
	given := core.TicketAttempt{Request: "request", Browser: browserHash("hers"), Client: &core.Client{ID: "rp"}, Event: from()}
	change(&given)
	return w.SignInWithTicket(w.t.Context(), given)
}

func (w *factors) bringLink(link string) (*core.Proof, error) {
	return w.bring(func(a *core.TicketAttempt) { a.Link = link })
}

func (w *factors) bringCode(ticket core.ID, code string) (*core.Proof, error) {
	return w.bring(func(a *core.TicketAttempt) { a.ID, a.Code = ticket, code })
}

func TestMail(t *testing.T) {
	w := newFactors(t).allowMail()
	ann := w.add("ann")
	ann.Profile.DisplayName = "Ann <b>"
	id := w.ask(" ANN@example.org")
	mail, words := w.lastMail()
	if mail.To != "ann@example.org" || mail.UserID != ann.ID || mail.Org != "built-in" || mail.Template != "signin" || mail.Locale != "de" || !mail.ExpiresAt.Equal(w.now.Add(10*time.Minute)) || !mail.NextAt.IsZero() || !mail.CreatedAt.Equal(w.now) {
		t.Errorf("mail %+v", mail)
	}
	if !strings.HasPrefix(words["link"], "https://id.example.org/login/link?ticket=ticket_") || !regexp.MustCompile(`^\d{8}$`).MatchString(words["code"]) {
		t.Errorf("words %v", words)
	}
	delete(words, "link")
	delete(words, "code")
	if !maps.Equal(words, map[string]string{"name": "Ann <b>", "client": "The app", "address": "192.0.2.1", "time": "2026-11-23T19:00:10Z"}) {
		t.Errorf("words %v", words)
	}
	ticket := w.tickets[id]
	if ticket.Purpose != core.TicketSignIn || ticket.UserID != ann.ID || ticket.Org != "built-in" || ticket.Email != "ann@example.org" || ticket.RequestID != "request" || ticket.BrowserHash != browserHash("hers") || !ticket.ExpiresAt.Equal(mail.ExpiresAt) {
		t.Errorf("ticket %+v", ticket)
	}
	if event := w.onlyEvent(); event.Type != core.EventTicketSent || event.UserID != ann.ID || event.Detail["purpose"] != "signin" {
		t.Errorf("recorded %+v", event)
	}
}

func TestSignInWithTicket(t *testing.T) {
	for name, bring := range map[string]func(w *factors, ticket core.ID, link, code string) (*core.Proof, error){
		"link": func(w *factors, _ core.ID, link, _ string) (*core.Proof, error) { return w.bringLink(link) },
		"code": func(w *factors, ticket core.ID, _, code string) (*core.Proof, error) {
			return w.bringCode(ticket, " "+code[:4]+"-"+code[4:]+" ")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFactors(t).allowMail()
			ann := w.add("ann")
			id, link, code := w.mailed("ann")
			w.now = w.now.Add(10*time.Minute - time.Nanosecond)
			proof, err := bring(w, id, link, code)
			if err != nil {
				t.Fatal(err)
			}
			if proof.User.ID != ann.ID || proof.Method != core.MethodEmail || proof.ACR != "1" || !slices.Equal(proof.AMR, []string{"otp", "mca"}) {
				t.Errorf("proof %+v", proof)
			}
			w.mustApply(proof.Changes...)
			if event := w.onlyEvent(); event.Type != core.EventTicketUsed || event.UserID != ann.ID {
				t.Errorf("recorded %+v", event)
			}
			if w.count("mail:account:"+string(ann.ID)) != 0 || len(w.tickets) != 0 {
				t.Errorf("counted %v, tickets %v", w.failures, w.tickets)
			}
		})
	}
}

// TestRefuseMails holds what must be refused under its number in the list of refusals.
func TestRefuseMails(t *testing.T) {
	t.Run("091_same_writes_for_all", refuseTellingMails)
	t.Run("091_code_of_nobody", refuseCodeOfNobody)
	t.Run("091_codes_of_earlier_pages", refuseToTellOfEarlierTickets)
	t.Run("092_mails_to_one_account", refuseManyMails)
	t.Run("092_mails_from_one_address", refuseMailsOfAddress)
	t.Run("096_five_codes", refuseFiveMailCodes)
	t.Run("100_link_twice", refuseLinkTwice)
	t.Run("100_expired_to_the_second", refuseExpiredTicket)
	t.Run("100_forwarded", refuseForwarded)
	t.Run("100_other_tickets", refuseOtherTickets)
	t.Run("100_account_changed", refuseChangedAccount)
}

// Nothing that the person or the database shows tells whether there was a mail.
func refuseTellingMails(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	w.add("off").Disabled = true
	w.add("unverified").EmailVerified = false
	w.add("none").Email = ""
	w.orgs["strict"] = &core.Organisation{Name: "strict"}
	w.add("strict").Org = "strict"
	w.add("gone").Org = "closed"
	for login, reason := range map[string]string{
		"ann": "", "nobody": reasonUnknown, "": reasonUnknown, "off": reasonDisabled, "unverified": reasonNoAddress, "none": reasonNoAddress,
		"strict": reasonMethod, "gone": reasonOrgDisabled,
	} {
		w.failures, w.tickets, w.mails = map[string]core.Failures{}, map[core.ID]*core.Ticket{}, nil
		id := w.ask(login)
		if len(w.mails) != 0 != (login == "ann") {
			t.Errorf("%q: mails %v", login, w.mails)
		}
		event := w.onlyEvent()
		if event.Detail["reason"] != reason || event.Detail["method"] != "email" || event.Actor != "" {
			t.Errorf("%q: recorded %+v", login, event)
		}
		ticket := w.tickets[id]
		if ticket == nil || ticket.Hash.IsZero() || ticket.CodeHash.IsZero() || ticket.UserID != "" != (login == "ann") || ticket.BrowserHash != browserHash("hers") || len(w.failures) != 2 {
			t.Errorf("%q: ticket %+v, counted %v", login, ticket, w.failures)
		}
		if ticket.Email == "" || login != "ann" && login != "" && strings.Contains(ticket.Email, login) {
			t.Errorf("%q: the ticket is for %q", login, ticket.Email)
		}
	}
}

func refuseCodeOfNobody(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	answers := map[string][]core.SignInRefusal{}
	for _, login := range []string{"ann", "nobody"} {
		ticket := w.ask(login)
		w.written = nil
		for range 7 {
			_, err := w.bringCode(ticket, "0000 000")
			answers[login] = append(answers[login], err.(*core.SignInRefused).Kind)
			w.onlyEvent()
		}
	}
	if want := []core.SignInRefusal{"factor", "factor", "factor", "factor", "expired", "expired", "expired"}; !slices.Equal(answers["ann"], want) || !slices.Equal(answers["nobody"], want) {
		t.Errorf("answers %v", answers)
	}
	// Not even the right code is one: nobody can know it.
	ticket := w.ask("nobody")
	w.written = nil
	w.tickets[ticket].CodeHash = w.codeHash(ticket, "12345678")
	_, err := w.bringCode(ticket, "12345678")
	w.refused(err, core.SignInFactor, reasonWrongCode)
	// A further ticket ends that of the same browser, whoever each of them is for.
	one, two := w.ask("somebody"), w.ask("ann")
	if w.tickets[ticket] != nil || w.tickets[one] != nil || w.tickets[two] == nil {
		t.Errorf("tickets %v", w.tickets)
	}
}

func refuseManyMails(t *testing.T) {
	for _, login := range []string{"ann", "nobody"} {
		w := newFactors(t).allowMail()
		w.add("ann")
		aliases := []string{login, strings.ToUpper(login), " " + login, login}
		for i, alias := range aliases {
			w.ask(alias)
			event := w.onlyEvent()
			if i == 3 && event.Detail["reason"] != reasonMailThrottle {
				t.Errorf("%s: mail %d: recorded %+v", login, i+1, event)
			}
			w.now = w.now.Add(time.Minute)
		}
		if want := map[string]int{"ann": 3, "nobody": 0}[login]; len(w.mails) != want {
			t.Errorf("%s: %d mails, want %d", login, len(w.mails), want)
		}
		// Asking on does not make the wait longer.
		w.now = w.now.Add(8 * time.Minute)
		w.ask(login)
		if event := w.onlyEvent(); (event.Detail["reason"] == "") != (login == "ann") || event.Detail["reason"] == reasonMailThrottle {
			t.Errorf("%s: after the wait: recorded %+v", login, event)
		}
	}
}

func refuseMailsOfAddress(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	for i := range 30 {
		w.ask(strings.Repeat("x", i+1))
	}
	w.written = nil
	ticket, changes, err := w.RequestMail(t.Context(), mailTo("ann"))
	w.refused(err, core.SignInThrottled, reasonAddress)
	if ticket != "" || changes != nil || len(w.mails) != 0 {
		t.Errorf("ticket %q, changes %v", ticket, changes)
	}
	elsewhere := mailTo("ann")
	elsewhere.Event.IP = "192.0.2.2"
	if _, _, err := w.RequestMail(t.Context(), elsewhere); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func refuseFiveMailCodes(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	ticket, link, code := w.mailed("ann")
	wrong := "0000 0000"
	if code == strings.ReplaceAll(wrong, " ", "") {
		wrong = "1111 1111"
	}
	for i := range 5 {
		_, err := w.bringCode(ticket, wrong)
		kind := core.SignInFactor
		if i == 4 {
			kind = core.SignInExpired
		}
		w.refused(err, kind, reasonWrongCode)
	}
	_, err := w.bringCode(ticket, code)
	w.refused(err, core.SignInExpired, reasonNoTicket)
	_, err = w.bringLink(link)
	w.refused(err, core.SignInExpired, "ticket_gone")
	if w.count("ip:192.0.2.1") != 7 {
		t.Errorf("counted %v", w.failures)
	}
}

func refuseLinkTwice(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	ticket, link, code := w.mailed("ann")
	first, err := w.bringLink(link)
	second, errSecond := w.bringCode(ticket, code)
	if err != nil || errSecond != nil {
		t.Fatal(err, errSecond)
	}
	w.mustApply(first.Changes...)
	w.onlyEvent()
	if err := w.apply(second.Changes...); err == nil {
		t.Error("the link and the code both sign in")
	}
	_, err = w.bringLink(link)
	w.refused(err, core.SignInExpired, "ticket_gone")
	_, err = w.bringCode(ticket, code)
	w.refused(err, core.SignInExpired, reasonNoTicket)
	// A newer mail ends the older one.
	_, older, _ := w.mailed("ann")
	w.mailed("ann")
	_, err = w.bringLink(older)
	w.refused(err, core.SignInExpired, "ticket_gone")
}

func refuseExpiredTicket(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	ticket, link, code := w.mailed("ann")
	w.now = w.now.Add(10 * time.Minute)
	_, err := w.bringLink(link)
	w.refused(err, core.SignInExpired, "ticket_expired")
	_, err = w.bringCode(ticket, code)
	w.refused(err, core.SignInExpired, reasonNoTicket)
}

// Who gets the link, or the number, from somebody cannot use it in a browser of their own.
func refuseForwarded(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	ticket, link, code := w.mailed("ann")
	_, err := w.bring(func(a *core.TicketAttempt) { a.Link, a.Browser = link, browserHash("his") })
	w.refused(err, core.SignInElsewhere, reasonOtherBrowser)
	_, err = w.bring(func(a *core.TicketAttempt) { a.Link, a.Browser = link, core.Hash{} })
	w.refused(err, core.SignInElsewhere, reasonOtherBrowser)
	for range 6 {
		_, err = w.bring(func(a *core.TicketAttempt) { a.ID, a.Code, a.Browser = ticket, code, browserHash("his") })
		w.refused(err, core.SignInExpired, reasonOtherBrowser)
	}
	_, err = w.bring(func(a *core.TicketAttempt) { a.Link, a.Request = link, "another" })
	w.refused(err, core.SignInExpired, reasonOtherRequest)
	_, err = w.bring(func(a *core.TicketAttempt) { a.ID, a.Code, a.Request = ticket, code, "another" })
	w.refused(err, core.SignInExpired, reasonOtherRequest)
	// It used up none of the tries.
	if _, err := w.bringCode(ticket, code); err != nil {
		t.Errorf("the one who asked: %v", err)
	}
}

func refuseOtherTickets(t *testing.T) {
	w := newFactors(t).allowMail()
	w.add("ann")
	ticket, link, code := w.mailed("ann")
	for _, purpose := range []core.TicketPurpose{core.TicketReset, core.TicketInvite, core.TicketRegister, core.TicketVerify, core.TicketEmail, ""} {
		w.tickets[ticket].Purpose = purpose
		_, err := w.bringLink(link)
		w.refused(err, core.SignInExpired, "ticket_purpose")
		_, err = w.bringCode(ticket, code)
		w.refused(err, core.SignInExpired, reasonNoTicket)
	}
	w.tickets[ticket].Purpose = core.TicketSignIn
	other := core.NewCredential(core.KindTicket, ticket, strings.NewReader(strings.Repeat("x", 32)))
	state := core.Credential{Kind: core.KindState, ID: ticket}
	for bad, reason := range map[string]string{
		"x": "ticket_malformed", link + "A": "ticket_malformed", link[:len(link)-1]: "ticket_malformed", strings.ToUpper(link): "ticket_malformed",
		other.String(): "ticket_forged", state.String(): "ticket_malformed",
	} {
		_, err := w.bringLink(bad)
		w.refused(err, core.SignInExpired, reason)
	}
	for _, bad := range []string{"", code + "1", code[:7], "abcd efgh", strings.Repeat("1", 1<<20)} {
		w.tickets[ticket].Misses = 0
		_, err := w.bringCode(ticket, bad)
		w.refused(err, core.SignInFactor, reasonWrongCode)
	}
	_, err := w.bringCode("", code)
	w.refused(err, core.SignInExpired, reasonNoTicket)
	w.failures["ip:192.0.2.1"] = core.Failures{Key: "ip:192.0.2.1", Count: 100, LastAt: w.now}
	_, err = w.bringLink(link)
	w.refused(err, core.SignInThrottled, reasonAddress)
}

// What happened to the account since the mail was sent counts.
func refuseChangedAccount(t *testing.T) {
	w := newFactors(t).allowMail()
	ann := w.add("ann")
	w.orgs["other"] = &core.Organisation{Name: "other", Rules: w.orgs["built-in"].Rules}
	ticket, link, code := w.mailed("ann")
	for reason, change := range map[string]func(*core.TicketAttempt){
		reasonDisabled:       func(*core.TicketAttempt) { ann.Disabled = true },
		reasonOrgDisabled:    func(*core.TicketAttempt) { ann.Org = "closed" },
		reasonAddressChanged: func(*core.TicketAttempt) { ann.Email = "ann@example.net" },
		reasonOtherOrg:       func(a *core.TicketAttempt) { a.Org = "other" },
		reasonMethod:         func(a *core.TicketAttempt) { a.Client.SignIn.Methods = []string{core.MethodPassword} },
		reasonUnknown:        func(*core.TicketAttempt) { delete(w.users, ann.ID) },
	} {
		was := *ann
		_, err := w.bring(func(a *core.TicketAttempt) { a.Link = link; change(a) })
		w.refused(err, core.SignInExpired, reason)
		_, err = w.bring(func(a *core.TicketAttempt) { a.ID, a.Code = ticket, code; change(a) })
		w.refused(err, core.SignInFactor, reason)
		*ann = was
		w.users[ann.ID] = ann
	}
	if _, err := w.bringLink(link); err != nil {
		t.Errorf("as it was: %v", err)
	}
}

// What a code of an earlier page is answered with says neither whether there is such an
// account, nor that two names are one account's.
func refuseToTellOfEarlierTickets(t *testing.T) {
	for name, logins := range map[string][]string{
		"name and address": {"ann", "ann@example.org"},
		"too many mails":   {"ann", "ann", "ann", "ann", "ann"},
	} {
		for _, same := range []bool{true, false} { // browser
			var answers [2][]core.SignInRefusal
			for i, known := range []bool{true, false} {
				w := newFactors(t).allowMail()
				if known {
					w.add("ann")
				}
				var tickets []core.ID
				for n, login := range logins {
					attempt := mailTo(login)
					if !same {
						attempt.Browser = browserHash(login + strings.Repeat("x", n))
					}
					ticket, changes, err := w.RequestMail(t.Context(), attempt)
					if err != nil {
						t.Fatal(err)
					}
					w.mustApply(changes...)
					tickets = append(tickets, ticket)
				}
				for n, ticket := range tickets {
					_, err := w.bring(func(a *core.TicketAttempt) {
						if a.ID, a.Code = ticket, "00000000"; !same {
							a.Browser = browserHash(logins[n] + strings.Repeat("x", n))
						}
					})
					refused, ok := errors.AsType[*core.SignInRefused](err)
					if !ok {
						t.Fatal(err)
					}
					answers[i] = append(answers[i], refused.Kind)
				}
			}
			if !slices.Equal(answers[0], answers[1]) {
				t.Errorf("%s, one browser %v: of somebody %v, of nobody %v", name, same, answers[0], answers[1])
			}
		}
	}
}
