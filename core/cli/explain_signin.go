package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
)

// describeSignIn prints what the sign-in takes, and why.
func describeSignIn(w io.Writer, s *app.SignIn) {
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

func enrolledText(e app.EnrolledView) string {
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

func thenText(steps []app.SignInStep) string {
	if len(steps) == 0 {
		return "nothing more"
	}
	texts := make([]string, len(steps))
	for i, s := range steps {
		texts[i] = stepText(s)
	}
	return strings.Join(texts, "; then ")
}

func stepText(s app.SignInStep) string {
	by, class := "", ""
	if len(s.Methods) > 0 {
		by = ": " + strings.Join(s.Methods, " or ")
	}
	if s.Class != "" {
		class = " of class " + classText(s.Class)
	}
	switch s.Ask {
	case app.AskFactor:
		return "prove a second factor" + by
	case app.AskEnrol:
		return "enrol a second factor" + by
	case app.AskOther:
		return "sign in by another method, because this one is not allowed or cannot be of the class"
	case app.AskProvider:
		return "sign in at the provider" + class
	case app.AskImpossible:
		return "nothing will do, which the client is told"
	}
	return "sign in anew" + class
}

func askerText(by string) string {
	switch by {
	case app.ByOrganisation, app.ByClient:
		return "the rules of the " + by
	case app.ByPolicy:
		return "the scope policy"
	case app.ByPerson:
		return "the person, who enrolled it"
	case app.ByWish:
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

func metText(r app.Reason) string {
	if r.Trusted {
		return "by the trusted browser"
	}
	return yes(r.Met)
}
