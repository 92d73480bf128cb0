package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/postern-id/postern/core/admin"
)

// describeSignIn prints what the sign-in takes, and why.
func describeSignIn(w io.Writer, s *admin.SignIn) {
	fmt.Fprint(w, "\nsign-in\n")
	fields(w, []admin.Row{
		{Field: "Allowed", Value: joined(s.Allowed)}, {Field: "Enrolled", Value: enrolledText(s.Enrolled)},
		{Field: "Then", Value: thenText(s.Steps)},
	})
	rows := make([][]string, len(s.Reasons))
	for i, r := range s.Reasons {
		rows[i] = []string{askerText(r.By), classesText(r.Classes), metText(r)}
	}
	fmt.Fprintln(w)
	table(w, "nobody asks for more than one factor", []string{"WHO ASKS", "FOR CLASS", "MET"}, rows)
}

func enrolledText(e admin.EnrolledView) string {
	var parts []string
	for _, p := range []struct {
		count int
		what  string
	}{{e.Passkeys, "passkey"}, {e.TOTP, "app"}, {e.RecoveryCodes, "recovery code"}} {
		switch {
		case p.count == 1:
			parts = append(parts, "1 "+p.what)
		case p.count > 1:
			parts = append(parts, fmt.Sprint(p.count, " ", p.what, "s"))
		}
	}
	if parts == nil {
		return "nothing"
	}
	return joined(parts)
}

func thenText(steps []admin.SignInStep) string {
	if len(steps) == 0 {
		return "nothing more"
	}
	texts := make([]string, len(steps))
	for i, s := range steps {
		texts[i] = stepText(s)
	}
	return strings.Join(texts, "; then ")
}

func stepText(s admin.SignInStep) string {
	by, class := "", ""
	if len(s.Methods) > 0 {
		by = ": " + strings.Join(s.Methods, " or ")
	}
	if s.Class != "" {
		class = " of class " + classText(s.Class)
	}
	switch s.Ask {
	case admin.AskFactor:
		return "prove a second factor" + by
	case admin.AskEnrol:
		return "enrol a second factor" + by
	case admin.AskOther:
		return "sign in by another method, because this one is not allowed or cannot be of the class"
	case admin.AskProvider:
		return "sign in at the provider" + class
	case admin.AskImpossible:
		return "nothing will do, which the client is told"
	}
	return "sign in anew" + class
}

func askerText(by string) string {
	switch by {
	case admin.ByOrganisation, admin.ByClient:
		return "the rules of the " + by
	case admin.ByPolicy:
		return "the scope policy"
	case admin.ByPerson:
		return "the person, who enrolled it"
	case admin.ByWish:
		return "the client, which would like it"
	}
	return "the " + by
}

func classesText(classes []string) string {
	texts := make([]string, len(classes))
	for i, class := range classes {
		texts[i] = classText(class)
	}
	return strings.Join(texts, " or ")
}

func metText(r admin.Reason) string {
	if r.Trusted {
		return "by the trusted browser"
	}
	return yes(r.Met)
}
