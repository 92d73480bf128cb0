package console

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// keyIsOld is how long a key signs before the overview says that it is old.
const keyIsOld = 366 * 24 * time.Hour

// attention is what somebody should look at, as far as the visitor may see it; nil if that
// is nothing.
func (c *Console) attention(v *Visit, org string, counts core.Counts) (web.Block, error) {
	list := web.Checklist{Title: "Needs attention"}
	for _, look := range []func(*Visit, string, core.Counts) ([]web.Check, error){c.mailsAmiss, c.keysAmiss, c.tokensAmiss, c.eventsAmiss} {
		found, err := look(v, org, counts)
		if _, denied := errors.AsType[*desk.DeniedError](err); denied {
			continue
		}
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, found...)
	}
	for i := range list.Items {
		list.Items[i].Wrong = true
	}
	if len(list.Items) == 0 {
		return nil, nil
	}
	return list, nil
}

func goTo(label, url, id string) *web.Button { return &web.Button{Label: label, URL: url, ID: id} }

// mailsAmiss finds mails that go nowhere.
func (c *Console) mailsAmiss(v *Visit, _ string, _ core.Counts) (found []web.Check, err error) {
	settings, err := v.Desk.ServerSettings(v)
	if err != nil {
		return nil, err
	}
	if mailIsOff(settings) {
		found = append(found, web.Check{Title: "No mails are sent", Text: c.mailOff(), Button: goTo("See what to set", pathMail, "see-mail")})
	}
	queued, err := v.Desk.QueuedMails(v)
	if err != nil {
		return found, err
	}
	failing := 0
	for i := range queued {
		if queued[i].Failures > 0 {
			failing++
		}
	}
	if failing > 0 {
		found = append(found, web.Check{Title: upper(several(failing, "mail", "mails")) + " could not be sent yet", Text: "They are tried again by themselves.", Button: goTo("See the mails", pathMail, "see-mails")})
	}
	return found, nil
}

// keysAmiss finds keys that have signed for long.
func (c *Console) keysAmiss(v *Visit, _ string, _ core.Counts) (found []web.Check, err error) {
	keys, err := v.Desk.Keys(v)
	if err != nil {
		return nil, err
	}
	var old []string
	for i := range keys {
		if keys[i].State == admin.KeySigns && c.Now().Sub(keys[i].CreatedAt) > keyIsOld {
			old = append(old, keys[i].Alg)
		}
	}
	if len(old) > 0 {
		found = append(found, web.Check{Title: "Signing keys are more than a year old", Text: strings.Join(old, ", ") + ": others take their place without anybody noticing.", Button: goTo("See the keys", Path+"/keys", "see-keys")})
	}
	return found, nil
}

// tokensAmiss finds tokens that end soon.
func (c *Console) tokensAmiss(v *Visit, org string, counts core.Counts) (found []web.Check, err error) {
	if counts.TokensEnding > 0 && v.MayAnywhere(core.ReadAccounts) {
		found = append(found, web.Check{
			Title: upper(several(counts.TokensEnding, "API token ends", "API tokens end")) + " within two weeks", Text: "What works with them stops then. Make others before.",
			Button: goTo("See the service accounts", with(pathAccounts, "org", org), "see-tokens"),
		})
	}
	return found, nil
}

// amiss are events that somebody should look at, with what is said of them.
func amiss() []struct {
	kind        core.EventType
	title, text string
} {
	return []struct {
		kind        core.EventType
		title, text string
	}{
		{core.EventReuseDetected, "A refresh token was used twice", "Somebody may have stolen it. The access that it gave has ended."},
		{core.EventPluginSuspended, "A plugin failed too often and rests", "What it does is left out, or refused, meanwhile."},
		{core.EventPluginRefused, "A plugin could not be loaded", "What it does is left out, or refused."},
		{core.EventPluginFailed, "A plugin failed", "What it answered could not be used."},
		{core.EventUpstreamFailed, "A provider could not be reached", "Nobody signs in by it meanwhile."},
		{core.EventMailFailed, "A mail was given up", "It could not be sent for days, or was refused."},
		{core.EventLogoutFailed, "An application was not told of a sign-out", "Somebody may still be signed in there."},
	}
}

// mostAmiss is how many events of a day are looked at.
const mostAmiss = 200

// eventsAmiss finds what went wrong within a day.
func (c *Console) eventsAmiss(v *Visit, org string, _ core.Counts) (found []web.Check, err error) {
	filter := core.EventFilter{Org: v.auditOrg(org), Since: c.Now().Add(-24 * time.Hour), Limit: mostAmiss}
	for _, look := range amiss() {
		filter.Types = append(filter.Types, look.kind)
	}
	if org != "" {
		filter.Org = org
	}
	events, err := v.Desk.Events(v, filter)
	if err != nil {
		return nil, err
	}
	for _, look := range amiss() {
		var about []string
		times := 0
		for i := range events {
			if events[i].Type != look.kind {
				continue
			}
			times++
			if name := eventAbout(&events[i]); name != "" && !slices.Contains(about, name) {
				about = append(about, name)
			}
		}
		if times == 0 {
			continue
		}
		check := web.Check{Title: look.title, Text: upper(timesWords(times)) + " in 24 hours. " + look.text, Button: goTo("See what happened", with(pathAudit, "org", org, "type", string(look.kind)), "see-"+strings.NewReplacer(".", "-", "_", "-").Replace(string(look.kind)))}
		if len(about) > 0 {
			check.Title += ": " + fewOf(about)
		}
		found = append(found, check)
	}
	return found, nil
}

func timesWords(n int) string {
	switch {
	case n >= mostAmiss:
		return "very often"
	case n == 1:
		return "once"
	}
	return several(n, "time", "times")
}

// signInChart shows how often people signed in lately.
func (v *Visit) signInChart(counts core.Counts, org string) web.Block {
	chart := web.Tally{ID: "sign-ins", Title: "Sign-ins", Text: "Of the last two weeks, in UTC. Today is not over yet.", Series: []web.Series{{Label: "Signed in", Kind: "good"}, {Label: "Failed", Kind: "wrong"}}}
	for _, day := range counts.Days {
		chart.Labels = append(chart.Labels, day.Day.UTC().Format("Mon 2 Jan"))
		chart.Series[0].Counts = append(chart.Series[0].Counts, day.SignIns)
		chart.Series[1].Counts = append(chart.Series[1].Counts, day.Failures)
	}
	if v.MayAnywhere(core.ReadAudit) {
		chart.More = &web.Anchor{Label: "Failed sign-ins", URL: with(pathAudit, "org", org, "type", string(core.EventSignInFailed))}
	}
	return chart
}
