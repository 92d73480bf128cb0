package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const (
	tagKeys   = "keys"
	tagMails  = "mails"
	tagAudit  = "audit"
	tagServer = "server"
)

func (r *routes) initialTokens() {
	get(r, operation{
		id: "list-initial-tokens", path: "/initial-tokens", tag: tagClients, summary: "List the initial access tokens of an organisation",
		more: "With one a program registers clients (RFC 7591).", needs: core.ReadClients, desk: []string{"InitialTokens"},
	}, func(ctx context.Context, d *desk.Desk, in *struct{ OrganisationFilter }) (*Answer[api.Page[api.InitialToken]], error) {
		all, err := d.InitialTokens(ctx, in.Organisation)
		return listed(all, wire.InitialToken, err)
	})
	send(r, http.MethodPost, operation{
		id: "create-initial-token", path: "/initial-tokens", tag: tagClients, summary: "Make an initial access token",
		more: "Its text is in this answer alone.", needs: core.WriteClients, desk: []string{"CreateInitialToken"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewInitialToken) (*Answer[api.CreatedInitialToken], error) {
		made, text, err := d.CreateInitialToken(ctx, wire.NewInitialToken(sent))
		if err != nil {
			return nil, renamed(err, "uses", "max_uses")
		}
		return told(api.CreatedInitialToken{InitialToken: wire.InitialToken(made), Token: text}, nil)
	})
	do(r, http.MethodDelete, operation{
		id: "revoke-initial-token", path: "/initial-tokens/{token}", tag: tagClients, summary: "End an initial access token",
		more: "What was registered with it stays.", needs: core.WriteClients, desk: []string{"RevokeInitialToken"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Token string `path:"token" maxLength:"36" doc:"Identifier of the token."`
	}) error {
		return d.RevokeInitialToken(ctx, core.ID(in.Token))
	})
}

func (r *routes) keys() {
	get(r, operation{
		id: "list-keys", path: "/keys", tag: tagKeys, summary: "List the signing keys that are published", needs: core.ReadKeys, desk: []string{"Keys"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.Page[api.Key]], error) {
		all, err := d.Keys(ctx)
		return listed(all, wire.Key, err)
	})
	send(r, http.MethodPost, operation{
		id: "rotate-keys", path: "/keys/rotate", tag: tagKeys, summary: "Make successors of signing keys",
		more: "They are published at once and sign later.", needs: core.WriteKeys, desk: []string{"RotateKeys"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewKeys) (*Answer[api.Page[api.Key]], error) {
		all, err := d.RotateKeys(ctx, sent.Algs, sent.AtOnce)
		return listed(all, wire.Key, renamed(err, "alg", "algs"))
	})
	do(r, http.MethodDelete, operation{
		id: "delete-key", path: "/keys/{key}", tag: tagKeys, summary: "End a signing key at once",
		more: "Nothing that it signed is trusted any more.", needs: core.WriteKeys, desk: []string{"DeleteKey"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Key string `path:"key" maxLength:"255" doc:"kid of the key."`
	}) error {
		return d.DeleteKey(ctx, in.Key)
	})
}

func (r *routes) mails() {
	get(r, operation{
		id: "list-mails", path: "/mails", tag: tagMails, summary: "List the mails that wait to be sent, the newest first", needs: core.ReadMails,
		desk: []string{"QueuedMails"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.Page[api.Mail]], error) {
		all, err := d.QueuedMails(ctx)
		return listed(all, wire.Mail, err)
	})
	send(r, http.MethodPost, operation{
		id: "retry-mails", path: "/mails/retry", tag: tagMails, summary: "Send mails now that were put off", needs: core.WriteMails, desk: []string{"RetryMails"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.MailRetry) (*Answer[api.Retried], error) {
		n, err := d.RetryMails(ctx, core.ID(sent.Mail))
		return told(api.Retried{Retried: n}, err)
	})
}

func (r *routes) testMail() {
	send(r, http.MethodPost, operation{
		id: "test-mail", path: "/mails/test", tag: tagMails, summary: "Send a mail to an address at once",
		more: "That it was taken does not mean that it arrives: look into the mailbox.", needs: core.WriteMails, desk: []string{"TestMail"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.TestMail) (*Nothing, error) {
		return &Nothing{}, d.TestMail(ctx, sent.To)
	})
}

func (r *routes) settings() {
	get(r, operation{
		id: "list-settings", path: "/settings", tag: tagServer, summary: "List what the operator chose about the server, and where",
		more: "It is chosen where the server is started, never here.", needs: core.ReadSettings, desk: []string{"ServerSettings"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{}) (*Answer[api.Page[api.ServerSetting]], error) {
		all, err := d.ServerSettings(ctx)
		return listed(all, wire.ServerSetting, err)
	})
}

type findEvents struct {
	Organisation string    `query:"organisation" maxLength:"64" doc:"What concerns the organisation; absent: everything, for who may see the whole log."`
	Type         string    `query:"type" maxLength:"64"  doc:"user.created, signin.failed, ..."`
	User         string    `query:"user" maxLength:"36"  doc:"Identifier of whom it concerns."`
	Client       string    `query:"client" maxLength:"255" doc:"client_id."`
	Actor        string    `query:"actor" maxLength:"255" doc:"Who did it: user:ID, service:ID, cli:NAME."`
	Reference    string    `query:"reference" maxLength:"64" doc:"As an error page shows it."`
	Search       string    `query:"search" maxLength:"200" doc:"Part of type, actor, address or details, regardless of case."`
	Since        time.Time `query:"since" doc:"Not before."`
	Until        time.Time `query:"until" doc:"Before."`
	Paging
}

func (r *routes) audit() {
	get(r, operation{
		id: "list-events", path: "/events", tag: tagAudit, summary: "Read the audit log, the newest first", needs: core.ReadAudit, desk: []string{"Events"},
	}, r.listEvents)
}

func (r *routes) listEvents(ctx context.Context, d *desk.Desk, in *findEvents) (*Answer[api.Page[api.Event]], error) {
	filter := core.EventFilter{
		Org: in.Organisation, Type: core.EventType(in.Type), UserID: core.ID(in.User), ClientID: in.Client, Actor: in.Actor, Correlation: in.Reference,
		Search: in.Search, Since: in.Since, Until: in.Until, Limit: in.Limit + 1,
	}
	list := listOf("events", in.Organisation, in.Type, in.User, in.Client, in.Actor, in.Reference, in.Search, in.Since.String(), in.Until.String())
	if in.After != "" {
		place, err := r.cursors().open(list, in.After, 1)
		if err != nil {
			return nil, err
		}
		filter.Before = core.ID(place[0])
	}
	rows, err := d.Events(ctx, filter)
	return pageEnd(r, list, rows, in.Limit, func(e *core.Event) []string { return []string{string(e.ID)} }, wire.Event, err)
}
