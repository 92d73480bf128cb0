package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// describeDecision prints under which circumstances was decided, and who said what.
func describeDecision(w io.Writer, client *core.Client, d *admin.Decision) {
	fmt.Fprint(w, "\ndecision\n")
	fields(w, []admin.Row{
		{Field: "Asked for", Value: strings.Join(d.Asked, " ")},
		{Field: "By", Value: d.GrantType}, {Field: "At", Value: stamp(d.At)}, {Field: "From", Value: orNone(d.Address)},
		{Field: "Signed in", Value: signInText(d)}, {Field: "Who may sign in", Value: whoMay(client)},
		{Field: "Before a code", Value: strings.Join(demands(d.NeedsACR, d.NeedsSignIn, d.NeedsConsent), "; ")},
	})
	rows := make([][]string, len(d.Policies))
	for i := range d.Policies {
		p := &d.Policies[i]
		rows[i] = []string{p.Instance, p.Plugin, answerText(p)}
	}
	fmt.Fprint(w, "\npolicies\n")
	table(w, "none was asked", []string{"INSTANCE", "PLUGIN", "ANSWER"}, rows)
	if d.SignIn != nil {
		describeSignIn(w, d.SignIn)
	}
}

func signInText(d *admin.Decision) string {
	if d.SignedInAt.IsZero() {
		return "nobody"
	}
	text := stamp(d.SignedInAt)
	if d.Connector != "" {
		text += " with " + d.Connector
	}
	if d.ACR != "" {
		text += ", acr " + d.ACR
	}
	if len(d.AMR) > 0 {
		text += ", amr " + strings.Join(d.AMR, " ")
	}
	return text
}

// demands says what the person has to do.
func demands(acr string, signIn, consent bool) (list []string) {
	if acr != "" {
		list = append(list, "a sign-in with acr "+acr)
	}
	if signIn {
		list = append(list, "a new sign-in")
	}
	if consent {
		list = append(list, "consent")
	}
	return list
}

func answerText(p *admin.PolicyAnswer) string {
	var said []string
	switch {
	case p.Failure != "":
		said = []string{"fails, which refuses: " + p.Failure}
	case p.Denied:
		said = []string{"denies: " + p.Reason}
	default:
		if len(p.Removed) > 0 {
			said = append(said, "removes "+strings.Join(p.Removed, " "))
		}
		for _, demand := range demands(p.ACR, p.SignIn, p.Consent) {
			said = append(said, "asks for "+demand)
		}
	}
	if said == nil {
		said = []string{"leaves it as it is"}
	}
	text := strings.Join(said, "; ")
	if p.Shadow {
		return "(shadow, without effect) " + text
	}
	return text
}

func orNone(text string) string {
	if text == "" {
		return "not known"
	}
	return text
}
