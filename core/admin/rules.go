package admin

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// Limits of rules.
const (
	maxRememberDays = 365
	maxPasswordMin  = 128
)

// signInMethods are those that rules may name.
func signInMethods() []string {
	return []string{core.MethodPassword, core.MethodPasskey, core.MethodEmail, core.MethodTOTP, core.MethodUpstream}
}

// firstFactors are those that somebody begins with.
func firstFactors() []string {
	return []string{core.MethodPassword, core.MethodPasskey, core.MethodEmail, core.MethodUpstream}
}

func checkRules(p *problems, rules *core.OrgRules) {
	checkSignIn(p, rules.SignIn)
	if rules.RememberDays < 0 || rules.RememberDays > maxRememberDays {
		p.add("remember_days", "0 trusts no browser", "%d days are not between 0 and %d", rules.RememberDays, maxRememberDays)
	}
	if rules.PasswordMin < 0 || rules.PasswordMin > maxPasswordMin {
		p.add("password_min", "0 is the server's rule", "%d characters are not between 0 and %d", rules.PasswordMin, maxPasswordMin)
	}
	checkSelfRegistration(p, rules)
}

// checkSignIn refuses rules that let nobody in.
func checkSignIn(p *problems, rules core.SignInRules) {
	checkMethods(p, rules.Methods)
	checkRequire(p, rules)
}

func checkMethods(p *problems, methods []string) {
	if len(methods) == 0 {
		return // the default
	}
	checkKnown(p, "sign_in_methods", methods, signInMethods()...)
	if !slices.ContainsFunc(methods, func(method string) bool { return slices.Contains(firstFactors(), method) }) {
		p.add("sign_in_methods", "allow "+strings.Join(firstFactors(), ", ")+" besides", "nobody can begin to sign in with %s", strings.Join(methods, ", "))
	}
}

func checkRequire(p *problems, rules core.SignInRules) {
	switch rules.Require {
	case "":
	case core.ACRTwo:
		if !rules.Allows(core.MethodTOTP) && !rules.Allows(core.MethodPasskey) {
			p.add("require_sign_in", "allow totp or passkey", "class %s takes a second factor, and none is allowed", rules.Require)
		}
	case core.ACRPhishingResistant:
		if !rules.Allows(core.MethodPasskey) {
			p.add("require_sign_in", "allow passkey", "class %s takes a passkey, and none is allowed", rules.Require)
		}
	default:
		p.add("require_sign_in", "use 2 for two factors, phr for a passkey, or nothing", "%q is no class that can be required", shown(rules.Require))
	}
}

func checkSelfRegistration(p *problems, rules *core.OrgRules) {
	open := rules.Registration
	if open.Open && !rules.SignIn.Allows(core.MethodPassword) && !rules.SignIn.Allows(core.MethodPasskey) {
		p.add("registration", "allow password or passkey", "whoever registers chooses a password or a passkey, and neither is allowed")
	}
	checkMailDomains(p, "registration_domains", open.Domains)
	if len(open.Groups) > maxGroups {
		p.add("registration_groups", "", "there are more than %d groups", maxGroups)
	}
	for _, group := range open.Groups {
		checkGroupName(p, "registration_groups", group)
	}
}

// checkTogether refuses rules of a client that, with those of its organisation, let nobody
// in. Each of them is right alone.
func checkTogether(p *problems, org *core.Organisation, client *core.Client) {
	both := org.Rules.SignIn.And(client.SignIn)
	var wrong problems
	if !slices.ContainsFunc(firstFactors(), both.Allows) {
		wrong.add("sign_in_methods", "", "no method is left")
	}
	if len(wrong) == 0 {
		checkRequire(&wrong, both)
	}
	if len(wrong) > 0 {
		p.add(wrong[0].Field, "run 'postern org rules "+org.Name+"' to see those of the organisation", "with the rules of the organisation %q nobody can sign in to client %q: %s",
			org.Name, client.Name, wrong[0].Text)
	}
}

func cloneRules(rules core.OrgRules) core.OrgRules {
	for _, list := range []*[]string{&rules.SignIn.Methods, &rules.Registration.Domains, &rules.Registration.Groups} {
		*list = slices.Clone(*list)
	}
	return rules
}
