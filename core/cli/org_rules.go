package cli

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// signInView are rules of sign-in as JSON.
type signInView struct {
	Methods []string `json:"methods"` // empty: all but email
	Require string   `json:"require"` // 2, phr, or nothing
}

func viewSignIn(r core.SignInRules) signInView { return signInView{list(r.Methods), r.Require} }

// rulesView are the rules of an organisation as JSON.
type rulesView struct {
	Organisation string     `json:"organisation"`
	SignIn       signInView `json:"sign_in"`
	RememberDays int        `json:"remember_days"` // 0: no browser is trusted
	PasswordMin  int        `json:"password_min"`  // 0: the server's rule
	Registration struct {
		Open    bool     `json:"open"`
		Domains []string `json:"domains"` // empty: all
		Groups  []string `json:"groups"`
	} `json:"registration"`
	KeepEmail   bool `json:"keep_email"`
	KeepProfile bool `json:"keep_profile"`
	KeepAccount bool `json:"keep_account"`
}

func viewRules(o *core.Organisation) rulesView {
	r := &o.Rules
	view := rulesView{
		Organisation: o.Name, SignIn: viewSignIn(r.SignIn), RememberDays: r.RememberDays, PasswordMin: r.PasswordMin,
		KeepEmail: r.KeepEmail, KeepProfile: r.KeepProfile, KeepAccount: r.KeepAccount,
	}
	view.Registration.Open, view.Registration.Domains, view.Registration.Groups = r.Registration.Open, list(r.Registration.Domains), list(r.Registration.Groups)
	return view
}

// ruleFlags are the flags that change rules. Only those that were given have an effect.
type ruleFlags struct {
	methods, domains, groups                        []string
	require                                         string
	days, least                                     int
	registration, keepEmail, keepProfile, keepLogin bool
}

const (
	methodFlag  = "sign-in-method"
	requireFlag = "require-sign-in"
	methodUsage = "`METHOD` that is allowed: password, passkey, email, totp or upstream (repeatable; '' allows all but email)"
	classUsage  = "`CLASS` that a sign-in must have: 2 for two factors, phr for a passkey ('' asks for the second factor of who has one)"
)

func newRuleFlags(c *cobra.Command) *ruleFlags {
	f := &ruleFlags{}
	set := c.Flags()
	set.SortFlags = false
	set.StringArrayVar(&f.methods, methodFlag, nil, methodUsage)
	set.StringVar(&f.require, requireFlag, "", classUsage)
	set.IntVar(&f.days, "remember-days", 0, "for how many days a browser may be trusted and not asked for the second factor again; 0 trusts none")
	set.IntVar(&f.least, "password-min", 0, "least number of characters of a password; 0 is the server's rule")
	set.BoolVar(&f.registration, "self-registration", false, "let people make accounts of their own")
	set.StringArrayVar(&f.domains, "self-registration-domain", nil, "`DOMAIN` of e-mail addresses that may, and no others (repeatable; '' lets all)")
	set.StringArrayVar(&f.groups, "self-registration-group", nil, "`GROUP` that they are put into (repeatable; '' for none)")
	set.BoolVar(&f.keepEmail, "keep-email", false, "keep people from changing their e-mail address")
	set.BoolVar(&f.keepProfile, "keep-profile", false, "keep people from changing their profile")
	set.BoolVar(&f.keepLogin, "keep-account", false, "keep people from deleting their account")
	return f
}

// apply changes the rules as the flags say, and reports whether any was given.
func (f *ruleFlags) apply(c *cobra.Command, r *core.OrgRules) (given bool) {
	for flag, apply := range map[string]func(){
		methodFlag:                 func() { r.SignIn.Methods = splitScopes(methodFlag, f.methods) },
		requireFlag:                func() { r.SignIn.Require = f.require },
		"remember-days":            func() { r.RememberDays = f.days },
		"password-min":             func() { r.PasswordMin = f.least },
		"self-registration":        func() { r.Registration.Open = f.registration },
		"self-registration-domain": func() { r.Registration.Domains = splitScopes("", f.domains) },
		"self-registration-group":  func() { r.Registration.Groups = splitScopes("", f.groups) },
		"keep-email":               func() { r.KeepEmail = f.keepEmail },
		"keep-profile":             func() { r.KeepProfile = f.keepProfile },
		"keep-account":             func() { r.KeepAccount = f.keepLogin },
	} {
		if c.Flags().Changed(flag) {
			apply()
			given = true
		}
	}
	return given
}

func (p *program) orgRules() *cobra.Command {
	c := &cobra.Command{
		Use: "rules ORG", Short: "show how people of an organisation sign in and what they may do, or change it", Args: arguments("ORG"),
		Long: "Show the rules of an organisation; with flags, change them. A list that is given\nreplaces the list that was there. A client may have rules of its own, and both hold\nthere. " +
			"Who signed in before stays signed in, and is asked where a client needs more.",
		Example: "  postern org rules acme --require-sign-in 2 --remember-days 30\n  postern org rules acme --self-registration --self-registration-domain acme.example --self-registration-group staff",
	}
	flags := newRuleFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		org, err := s.Organisation(ctx, args[0])
		if err != nil {
			return err
		}
		if !flags.apply(c, new(core.OrgRules)) {
			return p.print(viewRules(org), func(w io.Writer) { fields(w, describeRules(&org.Rules)) })
		}
		org, err = s.UpdateOrganisation(ctx, org.Name, "", func(o *core.Organisation) { flags.apply(c, &o.Rules) })
		if err != nil {
			return err
		}
		if open := org.Rules.Registration; open.Open && len(open.Domains) == 0 {
			p.note("note: whoever has any e-mail address may make an account; --self-registration-domain says whose")
		}
		return p.done(viewRules(org), "changed the rules of organisation %s", org.Name)
	})
	return c
}

func describeRules(r *core.OrgRules) []admin.Row {
	days, least := "none", "server's rule"
	if r.RememberDays > 0 {
		days = "for " + strconv.Itoa(r.RememberDays) + " days"
	}
	if r.PasswordMin > 0 {
		least = "at least " + strconv.Itoa(r.PasswordMin) + " characters"
	}
	require := "one factor, and the second of who has one"
	if r.SignIn.Require != "" {
		require = classText(r.SignIn.Require)
	}
	rows := []admin.Row{
		{Field: "Sign in with", Value: methodsText(r.SignIn)}, {Field: "Asked for", Value: require},
		{Field: "Trusted browsers", Value: days}, {Field: "Passwords", Value: least},
		{Field: "Make accounts", Value: registrants(r.Registration)},
	}
	var kept []string
	for _, k := range []struct {
		keep bool
		what string
	}{{r.KeepEmail, "e-mail address"}, {r.KeepProfile, "profile"}, {r.KeepAccount, "account"}} {
		if k.keep {
			kept = append(kept, k.what)
		}
	}
	return append(rows, admin.Row{Field: "Others manage", Value: joined(kept)})
}

// classText says what a class is.
func classText(acr string) string {
	switch acr {
	case core.ACROne:
		return acr + " (one factor)"
	case core.ACRTwo:
		return acr + " (two factors)"
	case core.ACRPhishingResistant:
		return acr + " (a passkey)"
	}
	return acr
}

func methodsText(r core.SignInRules) string {
	if len(r.Methods) == 0 {
		return "all but email"
	}
	return joined(r.Methods)
}

func registrants(r core.SelfRegistration) string {
	if !r.Open {
		return "nobody"
	}
	who := "everybody"
	if len(r.Domains) > 0 {
		who = "whoever has an address at " + strings.Join(r.Domains, ", ")
	}
	if len(r.Groups) > 0 {
		who += "; they are put into " + joined(r.Groups)
	}
	return who
}
