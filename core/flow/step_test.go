package flow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// at is the time of these tests, not a whole second on purpose.
var at = time.Date(2026, 11, 23, 19, 0, 0, 400_000_000, time.UTC)

// waiting is the input of somebody who is signed in since ten minutes, at a
// client that asks for consent, with a request that asks for nothing special.
func waiting() Input {
	return Input{
		Now:    at,
		Client: &core.Client{ID: "rp", Org: "acme", Scopes: []string{"openid", "email", "offline_access"}},
		Request: &oauth.AuthorizeRequest{
			ClientID: "rp", RedirectURI: "https://rp.example/cb", Scopes: []string{"openid", "email"},
		},
		SignedIn: &core.SignedIn{
			Session: core.Session{
				ID: "session-1", AuthTime: at.Add(-10 * time.Minute), ExpiresAt: at.Add(time.Hour), ACR: core.ACRPassword, AMR: []string{core.AMRPassword},
			},
			User: core.User{ID: "user-1", Org: "acme"},
			Org:  core.Organisation{Name: "acme"},
		},
	}
}

// change is a difference to [waiting].
type change func(*Input)

func prompt(prompts ...string) change { return func(in *Input) { in.Request.Prompts = prompts } }
func nobody(in *Input)                { in.SignedIn = nil }
func skipConsent(in *Input)           { in.Client.SkipConsent = true }
func registeredItself(in *Input)      { in.Client.RegistrationHash = core.Hash{1} }
func signedInForThis(in *Input) {
	in.Progress = Progress{SignedInAt: at.Add(-time.Minute), SessionID: "session-1"}
	in.SignedIn.Session.AuthTime = at.Add(-time.Minute)
}
func maxAge(d time.Duration) change {
	return func(in *Input) { in.Request.MaxAge, in.Request.MaxAgeGiven = d, true }
}
func consented(scopes ...string) change {
	return func(in *Input) { in.Consent = &core.Consent{Scopes: scopes} }
}
func allowedNow(scopes ...string) change {
	return func(in *Input) { in.Progress.ConsentedScopes, in.Progress.SessionID = scopes, "session-1" }
}
func policy(out hook.ScopeOutput) change {
	return func(in *Input) { in.HasPolicy, in.Policy = true, &out }
}
func offering(connectors ...string) change {
	return func(in *Input) {
		for _, name := range connectors {
			in.Offers = append(in.Offers, core.Offer{Connector: name})
		}
	}
}
func provider(hint string) change    { return func(in *Input) { in.Request.ProviderHint = hint } }
func sentTo(connector string) change { return func(in *Input) { in.Progress.SentTo = connector } }
func askedFor(acr string) change     { return func(in *Input) { in.Progress.AskedACR = acr } }
func from(connector string) change {
	return func(in *Input) { in.SignedIn.Session.Upstream = &core.Upstream{Connector: connector} }
}
func proved(acr string) change { return func(in *Input) { in.SignedIn.Session.ACR = acr } }
func itself(in *Input)         { in.Client, in.Request = nil, nil }

// long ago at the provider, but for this request here
func stale(in *Input) {
	in.Progress.BegunAt = at.Add(-2 * time.Minute)
	in.SignedIn.Session.AuthTime = in.Progress.BegunAt.Add(-skew - time.Millisecond)
}
func hinted(hint HintState) change { return func(in *Input) { in.Hint = hint } }
func asks(scopes ...string) change { return func(in *Input) { in.Request.Scopes = scopes } }
func native(uri string) change {
	return func(in *Input) { in.Client.Native, in.Request.RedirectURI = true, uri }
}

func allowed(groups ...string) change { return func(in *Input) { in.Client.AllowedGroups = groups } }
func member(groups ...string) change  { return func(in *Input) { in.SignedIn.User.Groups = groups } }

// named asks for claims one by one.
func named(text string) change {
	claims, refusal := oauth.ParseClaims(text)
	if refusal != nil {
		panic(refusal)
	}
	return func(in *Input) { in.Request.Claims = claims }
}
func essential(classes ...string) change {
	return func(in *Input) { in.Request.EssentialACRs = classes }
}
func wants(responseType string) change {
	return func(in *Input) { in.Request.ResponseType = responseType }
}

const phoneAndEmail = `{"userinfo":{"phone_number":null,"email":null},"id_token":{"groups":null,"acr":null}}`

func TestNext(t *testing.T) {
	trusted := HintState{}
	other := HintState{Other: true}
	untrusted := HintState{Untrusted: true}
	for _, c := range []struct {
		name    string
		changes []change
		want    string // kind, then scopes or error code and reason
	}{
		{"nobody is signed in", []change{nobody}, "login"},
		{"no consent yet", nil, "consent [openid email]"},
		{"consent is skipped", []change{skipConsent}, "issue [openid email]"},
		{"112 but not for a client that registered itself", []change{skipConsent, registeredItself}, "consent [openid email]"},
		{"112 nor without a page", []change{skipConsent, registeredItself, prompt("none")}, "fail consent_required prompt_none"},
		{"consent is remembered", []change{consented("email", "openid", "phone")}, "issue [openid email]"},
		{"112 consent lacks a scope", []change{consented("openid")}, "consent [openid email]"},
		{"consent was given for this request", []change{allowedNow("openid", "email")}, "issue [openid email]"},
		{"112 consent for this request lacks a scope", []change{allowedNow("openid")}, "consent [openid email]"},

		{"the session has expired", []change{func(in *Input) { in.SignedIn.Session.ExpiresAt = at }}, "login"},
		{"the session has ended", []change{func(in *Input) { in.SignedIn.Session.EndedAt = at }}, "login"},
		{"54 the user is disabled", []change{skipConsent, func(in *Input) { in.SignedIn.User.Disabled = true }}, "login"},
		{"54 the organisation is disabled", []change{skipConsent, func(in *Input) { in.SignedIn.Org.Disabled = true }}, "login"},
		{"the client does not admit the organisation", []change{skipConsent, func(in *Input) { in.Client.Org = "other" }}, "login"},
		{"the client is shared", []change{skipConsent, func(in *Input) { in.Client.Org, in.Client.Shared = "other", true }}, "issue [openid email]"},
		{"another session began the request", []change{skipConsent, func(in *Input) { in.Progress.SessionID = "session-0" }}, "login"},
		{"another session signed in for the request", []change{skipConsent, func(in *Input) {
			in.Progress = Progress{SignedInAt: at, SessionID: "session-0", ConsentedScopes: []string{"openid", "email"}}
		}}, "login"},

		{"prompt=login", []change{skipConsent, prompt("login")}, "login fresh"},
		{"prompt=login after the sign-in", []change{skipConsent, prompt("login"), signedInForThis}, "issue [openid email]"},
		{"max_age holds", []change{skipConsent, maxAge(601 * time.Second)}, "issue [openid email]"},
		{"max_age counts whole seconds", []change{skipConsent, maxAge(600 * time.Second)}, "login fresh"},
		{"98 max_age is over", []change{skipConsent, maxAge(599 * time.Second)}, "login fresh"},
		{"max_age=0", []change{skipConsent, maxAge(0), func(in *Input) { in.SignedIn.Session.AuthTime = at }}, "login fresh"},
		{"max_age=0 after the sign-in", []change{skipConsent, maxAge(0), signedInForThis}, "issue [openid email]"},
		{"max_age=1 after the sign-in", []change{skipConsent, maxAge(time.Second), signedInForThis}, "issue [openid email]"},

		{"prompt=select_account", []change{skipConsent, prompt("select_account")}, "select"},
		{"prompt=select_account without a session", []change{nobody, prompt("select_account")}, "login"},
		{"the account was selected", []change{skipConsent, prompt("select_account"), func(in *Input) { in.Progress.SessionID = "session-1" }}, "issue [openid email]"},
		{"a sign-in selects", []change{skipConsent, prompt("select_account"), signedInForThis}, "issue [openid email]"},
		{"selection and login: login does both", []change{skipConsent, prompt("select_account", "login")}, "login fresh"},

		{"prompt=consent beats memory", []change{consented("openid", "email"), prompt("consent")}, "consent [openid email]"},
		{"prompt=consent beats the administrator", []change{skipConsent, prompt("consent")}, "consent [openid email]"},
		{"prompt=consent was answered", []change{skipConsent, prompt("consent"), allowedNow("openid", "email")}, "issue [openid email]"},

		{"prompt=none, signed in", []change{skipConsent, prompt("none")}, "issue [openid email]"},
		{"prompt=none, nobody", []change{nobody, prompt("none")}, "fail login_required prompt_none"},
		{"prompt=none, too old", []change{skipConsent, prompt("none"), maxAge(time.Minute)}, "fail login_required prompt_none"},
		{"prompt=none, no consent", []change{prompt("none")}, "fail consent_required prompt_none"},
		{"prompt=none, policy wants a new sign-in", []change{skipConsent, prompt("none"), policy(hook.ScopeOutput{Fresh: true})}, "fail login_required prompt_none"},
		{"prompt=none, policy wants consent", []change{skipConsent, prompt("none"), policy(hook.ScopeOutput{Consent: true})}, "fail consent_required prompt_none"},
		{"prompt=none, policy denies", []change{skipConsent, prompt("none"), policy(hook.ScopeOutput{Deny: true})}, "fail access_denied policy_denied"},

		{"prompt=none, a selection is due", []change{prompt("none", "select_account")}, "fail account_selection_required prompt_none"},

		{"hint of this person", []change{skipConsent, hinted(trusted)}, "issue [openid email]"},
		{"hint of this person, prompt=none", []change{skipConsent, hinted(trusted), prompt("none")}, "issue [openid email]"},
		{"25 hint of another person", []change{skipConsent, hinted(other)}, "login"},
		{"25 hint of another person, prompt=none", []change{skipConsent, hinted(other), prompt("none")}, "fail login_required prompt_none"},
		{"25 hint of another person after the sign-in", []change{skipConsent, hinted(other), signedInForThis}, "fail login_required hint_other_user"},
		{"25 hint that is not trusted", []change{skipConsent, hinted(untrusted)}, "issue [openid email]"},
		{"25 hint that is not trusted, prompt=none", []change{skipConsent, hinted(untrusted), prompt("none")}, "fail login_required hint_untrusted"},

		{"112 claims named one by one need consent", []change{consented("openid", "email"), named(phoneAndEmail)}, `consent [openid email] [* phone_number]`},
		{"claims of a scope that is granted need none", []change{consented("openid", "email"), named(`{"userinfo":{"email":null}}`)}, `issue [openid email] [email]`},
		{"claims of the protocol need none", []change{consented("openid", "email"), named(`{"id_token":{"acr":null,"auth_time":{"essential":true}}}`)}, `issue [openid email]`},
		{"112 the consent lacks a claim", []change{consented("openid", "email", `"phone_number"`), named(phoneAndEmail)}, `consent [openid email] [* phone_number]`},
		{"112 a scope named like a claim is none", []change{consented("openid", "email", "phone_number", "*"), named(phoneAndEmail)}, `consent [openid email] [* phone_number]`},
		{"consent to claims is remembered", []change{consented("openid", "email", `"phone_number"`, `"*"`), named(phoneAndEmail)}, `issue [openid email] [* email phone_number]`},
		{"consent to claims was given for this request", []change{allowedNow("openid", "email", `"phone_number"`, `"*"`), named(phoneAndEmail)}, `issue [openid email] [* email phone_number]`},
		{"consent to claims is skipped", []change{skipConsent, named(phoneAndEmail)}, `issue [openid email] [* email phone_number]`},
		{"claims, prompt=none", []change{consented("openid", "email"), named(phoneAndEmail), prompt("none")}, "fail consent_required prompt_none"},
		{"the policy is asked about the scopes of claims", []change{named(phoneAndEmail), func(in *Input) { in.HasPolicy = true }}, "decide [openid email phone]"},
		{"137 the policy takes the claims of a scope", []change{skipConsent, named(phoneAndEmail), policy(hook.ScopeOutput{Scopes: []string{"openid", "email"}})}, `issue [openid email] [* email]`},
		{"137 the policy lets claims but widens no scope", []change{skipConsent, asks("openid"), named(phoneAndEmail), policy(hook.ScopeOutput{Scopes: []string{"openid", "phone"}})}, `issue [openid] [* phone_number]`},
		{"the policy takes openid, and all claims", []change{skipConsent, named(phoneAndEmail), policy(hook.ScopeOutput{Scopes: []string{"email", "phone"}})}, `issue [email]`},

		{"an ID token needs openid", []change{skipConsent, wants("code id_token"), policy(hook.ScopeOutput{Scopes: []string{"email"}})}, "fail access_denied policy_left_no_openid"},
		{"an access token needs none", []change{skipConsent, wants("code token"), policy(hook.ScopeOutput{Scopes: []string{"email"}})}, "issue [email]"},

		{"an essential class that the session has", []change{skipConsent, essential("2", "1")}, "issue [openid email]"},
		{"an essential class that a password gives", []change{skipConsent, proved("0"), essential("2", "1")}, "login acr=1"},
		{"an essential class that nobody gives", []change{skipConsent, essential("2", "3")}, "fail unmet_authentication_requirements acr_unmet"},
		{"an essential class that a provider may give", []change{skipConsent, offering("hub"), essential("2", "3")}, "login acr=2"},
		{"an essential class at the provider of the session", []change{skipConsent, offering("hub"), from("hub"), proved(""), essential("2")}, "upstream hub acr=2"},
		{"98 an essential class that was asked for, and not given", []change{skipConsent, signedInForThis, offering("hub"), askedFor("2"), essential("2", "3")}, "fail unmet_authentication_requirements acr_unmet"},
		{"an essential class that was given", []change{skipConsent, signedInForThis, offering("hub"), askedFor("2"), proved("3"), essential("2", "3")}, "issue [openid email]"},
		{"an essential class, prompt=none", []change{skipConsent, offering("hub"), essential("2"), prompt("none")}, "fail login_required prompt_none"},
		{"an essential class, nobody", []change{nobody, essential("2")}, "login"},
		{"the policy chooses among essential classes", []change{skipConsent, offering("hub"), essential("2", "3"), policy(hook.ScopeOutput{ACR: "3"})}, "login acr=3"},
		{"the policy excludes the essential class", []change{skipConsent, offering("hub"), essential("1"), policy(hook.ScopeOutput{ACR: "3"})}, "fail unmet_authentication_requirements acr_unmet"},

		{"offline_access is not asked about", []change{skipConsent, asks("openid", "offline_access")}, "issue [openid]"},
		{"offline_access by the administrator", []change{skipConsent, asks("openid", "offline_access"), func(in *Input) { in.Client.OfflineWithoutPrompt = true }}, "issue [openid offline_access]"},
		{"offline_access with prompt=consent", []change{asks("openid", "offline_access"), prompt("consent")}, "consent [openid offline_access]"},
		{"nothing but offline_access", []change{skipConsent, asks("offline_access")}, "fail invalid_scope no_scope_left"},

		{"a member of an allowed group", []change{skipConsent, allowed("staff", "admins"), member("staff")}, "issue [openid email]"},
		{"a member of no allowed group", []change{skipConsent, allowed("staff"), member("Staff", "guests")}, "fail access_denied not_in_allowed_group"},
		{"a member of a group of that name in another organisation", []change{skipConsent, allowed("staff"), member("staff"), func(in *Input) { in.Client.Org, in.Client.Shared = "other", true }}, "fail access_denied not_in_allowed_group"},
		{"a member of no group", []change{skipConsent, allowed("staff")}, "fail access_denied not_in_allowed_group"},
		{"a member of no allowed group, prompt=none", []change{skipConsent, allowed("staff"), prompt("none")}, "fail access_denied not_in_allowed_group"},
		{"a member of no allowed group who asks for another account", []change{allowed("staff"), prompt("select_account")}, "select"},
		{"a member of no allowed group before the sign-in", []change{allowed("staff"), prompt("login")}, "login fresh"},
		{"a member of no allowed group after the sign-in", []change{allowed("staff"), prompt("login"), signedInForThis}, "fail access_denied not_in_allowed_group"},
		{"nobody knows the groups of nobody", []change{nobody, allowed("staff")}, "login"},
		{"the policy is not asked about no member", []change{skipConsent, allowed("staff"), func(in *Input) { in.HasPolicy = true }}, "fail access_denied not_in_allowed_group"},
		{"the policy lets in no member", []change{skipConsent, allowed("staff"), policy(hook.ScopeOutput{Scopes: []string{"openid"}})}, "fail access_denied not_in_allowed_group"},

		{"the policy is asked", []change{skipConsent, func(in *Input) { in.HasPolicy = true }}, "decide [openid email]"},
		{"the policy is asked after offline_access was dropped", []change{asks("openid", "offline_access"), func(in *Input) { in.HasPolicy = true }}, "decide [openid]"},
		{"the policy is not asked about nobody", []change{nobody, func(in *Input) { in.HasPolicy = true }}, "login"},
		{"the policy is not asked before the selection", []change{prompt("select_account"), func(in *Input) { in.HasPolicy = true }}, "select"},
		{"the policy changes nothing", []change{skipConsent, policy(hook.ScopeOutput{})}, "issue [openid email]"},
		{"the policy narrows", []change{skipConsent, policy(hook.ScopeOutput{Scopes: []string{"openid"}})}, "issue [openid]"},
		{"the policy narrows what is asked", []change{policy(hook.ScopeOutput{Scopes: []string{"email"}})}, "consent [email]"},
		{"137 the policy widens nothing", []change{skipConsent, policy(hook.ScopeOutput{Scopes: []string{"openid", "admin", "offline_access"}})}, "issue [openid]"},
		{"the policy leaves nothing", []change{skipConsent, policy(hook.ScopeOutput{Scopes: []string{}})}, "fail access_denied policy_left_nothing"},
		{"the policy denies", []change{skipConsent, policy(hook.ScopeOutput{Deny: true, Scopes: []string{"openid"}})}, "fail access_denied policy_denied"},
		{"the policy wants a new sign-in", []change{skipConsent, policy(hook.ScopeOutput{Fresh: true})}, "login fresh"},
		{"the policy got a new sign-in", []change{skipConsent, signedInForThis, policy(hook.ScopeOutput{Fresh: true})}, "issue [openid email]"},
		{"the policy wants consent", []change{skipConsent, policy(hook.ScopeOutput{Consent: true})}, "consent [openid email]"},
		{"the policy got consent", []change{skipConsent, policy(hook.ScopeOutput{Consent: true}), allowedNow("openid", "email")}, "issue [openid email]"},
		{"the policy wants what the session has", []change{skipConsent, policy(hook.ScopeOutput{ACR: core.ACRPassword})}, "issue [openid email]"},
		{"the policy wants what a password gives", []change{skipConsent, policy(hook.ScopeOutput{ACR: core.ACRPassword}), func(in *Input) { in.SignedIn.Session.ACR = "0" }}, "login acr=1"},
		{"98 the policy wants more than a password gives", []change{skipConsent, policy(hook.ScopeOutput{ACR: "2"})}, "fail unmet_authentication_requirements acr_unmet"},
		{"98 the policy wants more than the new sign-in gave", []change{skipConsent, signedInForThis, policy(hook.ScopeOutput{ACR: "2", Fresh: true})}, "fail unmet_authentication_requirements acr_unmet"},

		{"a loopback port is asked although consent is remembered", []change{native("http://127.0.0.1:4000/cb"), consented("openid", "email")}, "consent [openid email]"},
		{"a scheme of an application is asked as well", []change{native("com.example.app:/cb"), consented("openid", "email")}, "consent [openid email]"},
		{"a loopback port after the sign-in", []change{native("http://127.0.0.1:4000/cb"), consented("openid", "email"), signedInForThis}, "issue [openid email]"},
		{"an https URI of a native client is assured", []change{native("https://app.example/cb"), consented("openid", "email")}, "issue [openid email]"},

		{"idp_hint, nobody", []change{nobody, offering("hub", "lab"), provider("lab")}, "upstream lab"},
		{"idp_hint, signed in", []change{skipConsent, offering("hub"), provider("hub")}, "issue [openid email]"},
		{"idp_hint with prompt=login", []change{skipConsent, offering("hub"), provider("hub"), prompt("login")}, "upstream hub fresh"},
		{"idp_hint with a max_age that is over", []change{skipConsent, offering("hub"), provider("hub"), maxAge(time.Minute)}, "upstream hub fresh"},
		{"idp_hint with max_age, nobody", []change{nobody, offering("hub"), provider("hub"), maxAge(time.Hour)}, "upstream hub fresh"},
		{"idp_hint of nothing that is offered", []change{nobody, offering("hub"), provider("lab")}, "login"},
		{"108 idp_hint where nothing is offered", []change{nobody, provider("hub")}, "login"},
		{"idp_hint was followed already", []change{nobody, offering("hub"), provider("hub"), sentTo("hub")}, "login"},
		{"idp_hint, but the person chose another way", []change{nobody, offering("hub", "lab"), provider("hub"), sentTo("lab")}, "login"},
		{"idp_hint, prompt=none", []change{nobody, offering("hub"), provider("hub"), prompt("none")}, "fail login_required prompt_none"},
		{"idp_hint of whom the client does not admit", []change{offering("hub"), provider("hub"), func(in *Input) { in.Client.Org = "other" }}, "upstream hub"},
		{"offers do not change who is signed in", []change{skipConsent, offering("hub")}, "issue [openid email]"},
		{"offers are on the page", []change{nobody, offering("hub")}, "login"},

		{"the policy wants what a provider may give", []change{skipConsent, offering("hub"), policy(hook.ScopeOutput{ACR: "2"})}, "login acr=2"},
		{"the same after a sign-in that nobody asked that of", []change{skipConsent, signedInForThis, offering("hub"), policy(hook.ScopeOutput{ACR: "2"})}, "login acr=2"},
		{"it was asked for, and the person has not come yet", []change{skipConsent, offering("hub"), askedFor("2"), policy(hook.ScopeOutput{ACR: "2"})}, "login acr=2"},
		{"98 it was asked for, and not given", []change{skipConsent, signedInForThis, offering("hub"), askedFor("2"), policy(hook.ScopeOutput{ACR: "2"})}, "fail unmet_authentication_requirements acr_unmet"},
		{"it was asked for, and given", []change{skipConsent, signedInForThis, offering("hub"), askedFor("2"), proved("2"), policy(hook.ScopeOutput{ACR: "2"})}, "issue [openid email]"},
		{"the policy wants yet another", []change{skipConsent, signedInForThis, offering("hub"), askedFor("2"), proved("2"), policy(hook.ScopeOutput{ACR: "3"})}, "login acr=3"},
		{"who came from a provider goes back there", []change{skipConsent, offering("hub"), from("hub"), proved(""), policy(hook.ScopeOutput{ACR: "2", Fresh: true})}, "upstream hub acr=2 fresh"},
		{"but once", []change{skipConsent, offering("hub"), from("hub"), proved(""), askedFor("2"), policy(hook.ScopeOutput{ACR: "2"})}, "login acr=2"},
		{"and not for a password", []change{skipConsent, offering("hub"), from("hub"), proved(""), policy(hook.ScopeOutput{ACR: core.ACRPassword})}, "login acr=1"},
		{"and not where it is not offered", []change{skipConsent, offering("lab"), from("hub"), proved(""), policy(hook.ScopeOutput{ACR: "2"})}, "login acr=2"},
		{"idp_hint says where to prove more", []change{skipConsent, offering("hub", "lab"), provider("lab"), from("hub"), proved(""), policy(hook.ScopeOutput{ACR: "2"})}, "upstream lab acr=2"},
		{"prompt=none, the policy wants what a provider may give", []change{skipConsent, offering("hub"), from("hub"), proved(""), prompt("none"), policy(hook.ScopeOutput{ACR: "2"})}, "fail login_required prompt_none"},
		{"a session at a provider is no new sign-in", []change{skipConsent, signedInForThis, offering("hub"), from("hub"), stale, policy(hook.ScopeOutput{Fresh: true})}, "login fresh"},
		{"it is one if nobody asks", []change{skipConsent, signedInForThis, offering("hub"), from("hub"), stale, policy(hook.ScopeOutput{})}, "issue [openid email]"},

		{"Postern itself once more", []change{itself, func(in *Input) { in.Again = true }}, "login fresh"},
		{"Postern itself, having signed in once more", []change{signedInForThis, itself, func(in *Input) { in.Again = true }}, "home"},
		{"Postern itself, signed in", []change{func(in *Input) { in.Client, in.Request = nil, nil }}, "home"},
		{"Postern itself, nobody", []change{nobody, func(in *Input) { in.Client, in.Request = nil, nil }}, "login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := waiting()
			for _, apply := range c.changes {
				apply(&in)
			}
			if got := written(Next(in)); got != c.want {
				t.Errorf("Next = %q, want %q", got, c.want)
			}
		})
	}
}

func written(step Step) string {
	switch {
	case step.Refusal != nil:
		return fmt.Sprint(step.Kind, " ", step.Refusal.Code, " ", step.Refusal.Reason)
	case len(step.Claims) > 0:
		return fmt.Sprint(step.Kind, " ", step.Scopes, " ", step.Claims)
	case step.Scopes != nil:
		return fmt.Sprint(step.Kind, " ", step.Scopes)
	}
	words := []string{string(step.Kind)}
	if step.Connector != "" {
		words = append(words, step.Connector)
	}
	if step.ACR != "" {
		words = append(words, "acr="+step.ACR)
	}
	if step.Fresh {
		words = append(words, "fresh")
	}
	return strings.Join(words, " ")
}

// TestNextInvariants goes through every combination of what the table above takes
// one by one, and checks what must hold in all of them.
func TestNextInvariants(t *testing.T) {
	var all []Input
	each := func(dimension ...change) {
		var next []Input
		for _, in := range all {
			for _, apply := range dimension {
				next = append(next, applied(in, apply))
			}
		}
		all = next
	}
	same := func(*Input) {}
	all = []Input{waiting()}
	each(same, nobody, func(in *Input) { in.SignedIn.User.Disabled = true }, func(in *Input) { in.Client.Org = "other" })
	each(same, prompt("none"), prompt("login"), prompt("consent"), prompt("select_account"), prompt("login", "consent", "select_account"))
	each(same, maxAge(0), maxAge(time.Hour))
	each(same, skipConsent)
	each(same, consented("openid", "email"), consented("openid"))
	each(same, allowedNow("openid", "email"), func(in *Input) { in.Progress.SessionID = "session-0" })
	each(same, func(in *Input) { in.Progress.SignedInAt = at })
	each(same, allowed("staff"))
	each(same, hinted(HintState{Untrusted: true}), hinted(HintState{Other: true}))
	asksByName := named(phoneAndEmail)
	each(same, func(in *Input) { native("http://127.0.0.1:1/cb")(in); asksByName(in) })
	each(same, func(in *Input) { offering("hub")(in); provider("hub")(in) }, func(in *Input) { offering("hub")(in); askedFor("2")(in); sentTo("hub")(in) })
	each(same, policy(hook.ScopeOutput{Deny: true}), policy(hook.ScopeOutput{Fresh: true}), policy(hook.ScopeOutput{Consent: true}),
		policy(hook.ScopeOutput{ACR: "2"}), policy(hook.ScopeOutput{Scopes: []string{"email", "admin"}}))
	t.Logf("%d inputs", len(all))
	seen := map[StepKind]int{}
	for _, in := range all {
		step := Next(in)
		seen[step.Kind]++
		if broken := check(in, step); broken != "" {
			t.Fatalf("%s: %+v\nrequest %+v\nprogress %+v\nhint %+v\npolicy %+v", broken, step, in.Request, in.Progress, in.Hint, in.Policy)
		}
	}
	for _, kind := range []StepKind{StepLogin, StepUpstream, StepSelect, StepConsent, StepIssue, StepFail} {
		if seen[kind] == 0 {
			t.Errorf("no input led to %s", kind)
		}
	}
}

func applied(in Input, apply change) Input {
	client, request := *in.Client, *in.Request
	in.Client, in.Request = &client, &request
	if in.SignedIn != nil {
		signedIn := *in.SignedIn
		in.SignedIn = &signedIn
		apply(&in)
		return in
	}
	in.SignedIn = waiting().SignedIn // for the change to work on
	apply(&in)
	in.SignedIn = nil
	return in
}

// check says which invariant is broken.
func check(in Input, step Step) string {
	asked := slices.Contains(in.Request.Prompts, oauth.PromptConsent) || in.Policy != nil && in.Policy.Consent
	fresh := !in.Progress.SignedInAt.IsZero()
	asksMore := in.Policy != nil && in.Policy.ACR == "2" && len(in.Offers) > 0 && in.Progress.AskedACR != "2"
	switch {
	case step.Kind == StepUpstream && (in.Progress.SentTo != "" || step.Connector != "hub" || len(in.Offers) == 0):
		return "sent to a provider without being asked, or to one that is not offered"
	case slices.Contains(in.Request.Prompts, oauth.PromptNone) && step.Kind != StepIssue && step.Kind != StepFail:
		return "prompt=none shows a page"
	case step.Kind == StepFail && (step.Refusal == nil || step.Refusal.Reason == "" || step.Scopes != nil):
		return "a failure without its reason"
	case (step.Kind == StepLogin || step.Kind == StepUpstream || step.Kind == StepSelect) && fresh && !asksMore && in.SignedIn != nil && in.Progress.SessionID == "session-1" && in.known():
		return "whoever just signed in is asked again"
	case step.Kind != StepIssue:
		return ""
	case in.SignedIn == nil || in.SignedIn.User.Disabled || in.SignedIn.User.Org != in.Client.Org || len(in.Client.AllowedGroups) > 0:
		return "a code for nobody, or somebody whom the client does not admit"
	case in.Progress.SessionID != "" && in.Progress.SessionID != in.SignedIn.Session.ID:
		return "a code for another session"
	case !fresh && (slices.Contains(in.Request.Prompts, oauth.PromptLogin) || in.Request.MaxAgeGiven && in.Request.MaxAge == 0 || in.Policy != nil && in.Policy.Fresh):
		return "a code without the sign-in that was asked for"
	case in.Policy != nil && (in.Policy.Deny || in.Policy.ACR == "2"):
		return "a code against the policy"
	case in.Hint.Other:
		return "a code for another person than the hint's"
	case !oauth.WithinScopes(step.Scopes, in.Request.Scopes) || in.Policy != nil && in.Policy.Scopes != nil && !oauth.WithinScopes(step.Scopes, in.Policy.Scopes):
		return "a wider scope"
	case in.Policy != nil && in.Policy.Scopes != nil && slices.Contains(step.Claims, "phone_number"):
		return "a claim against the policy"
	case oauth.WithinScopes(allowable(step.Scopes, in.beside(step.Claims, step.Scopes)), in.Progress.ConsentedScopes):
		return ""
	case asked:
		return "a code without the consent that was asked for"
	case !in.Client.SkipConsent && (in.Consent == nil || !oauth.WithinScopes(step.Scopes, in.Consent.Scopes) || slices.Contains(step.Claims, "phone_number")):
		return "a code without consent"
	}
	return ""
}

func TestDescribed(t *testing.T) {
	for _, c := range []struct{ words, want string }{
		{"", "otherwise"},
		{"only \"staff\" may\r\nsee \\ this\x00é", "only staff maysee  this"},
		{"\x01", "otherwise"},
	} {
		if got := described(c.words, "otherwise"); got != c.want {
			t.Errorf("described(%q) = %q, want %q", c.words, got, c.want)
		}
	}
	if long := described(string(make([]byte, 10))+string(slices.Repeat([]byte("a"), 1000)), ""); len(long) != maxDescription {
		t.Errorf("%d characters", len(long))
	}
}
