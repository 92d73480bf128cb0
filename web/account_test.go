package web

import "testing"

// Nobody is told that they did what somebody else did.
func TestHappeningSaysWho(t *testing.T) {
	for _, c := range []struct {
		happening   Happening
		self, other string
	}{
		{Happening{Type: "signout"}, "account.event_signed_out", "account.event_ended"},
		{Happening{Type: "consent.withdrawn"}, "account.event_withdrawn", "account.event_withdrawn_other"},
		{Happening{Type: "consent.withdrawn", What: "Wiki"}, "account.event_withdrawn_of", "account.event_withdrawn_other_of"},
		{Happening{Type: "ticket.sent"}, "account.event_mail", "account.event_link_made"},
		{Happening{Type: "ticket.sent", What: "ada@example.com"}, "account.event_mail_to", "account.event_mail_to"},
		{Happening{Type: "user.created"}, "account.event_created", "account.event_created"},
		{Happening{Type: "user.created", What: "hub"}, "account.event_created_with", "account.event_created_with"},
		{Happening{Type: "setup.done"}, "account.event_setup", "account.event_setup"},
		{Happening{Type: "nothing"}, "account.event_other", "account.event_other"},
	} {
		if got := c.happening.Key(); got != c.self {
			t.Errorf("%+v by themselves: %s", c.happening, got)
		}
		c.happening.ByOther = true
		if got := c.happening.Key(); got != c.other {
			t.Errorf("%+v by somebody else: %s", c.happening, got)
		}
	}
}
