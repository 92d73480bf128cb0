package rest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagManaged = "managed"

// maxApply bounds what is declared at once, in bytes.
const maxApply = 8 << 20

func (r *routes) managed() {
	const id = "apply"
	send(r, http.MethodPost, operation{
		id: id, path: "/apply", tag: tagManaged, summary: "Make what files say that there is to be, and have them manage it",
		more: "Nothing is done if anything is wrong. Each object is made wholly or not at all, and what became of it is said; sent again it changes nothing that it did not have to. " +
			"Each object needs the permission that it needs elsewhere. If the server fails on the way, failed says so, behind what was done.",
		desk: []string{"Apply"},
	}, r.apply)
	read := r.bodies[id]
	read.most = maxApply
	r.bodies[id] = read
	get(r, operation{
		id: "list-managed", path: "/managed", tag: tagManaged, summary: "List what files manage", desk: []string{"Managed"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Source string `query:"source" maxLength:"200" doc:"What one file manages."`
		Kind   string `query:"kind" enum:"organisation,group,client,instance,connector" doc:"Only of that kind."`
		ID     string `query:"id" maxLength:"255" doc:"Of a group; the client_id of a client; else the name."`
	}) (*Answer[api.Page[api.Managed]], error) {
		all, err := d.Managed(ctx, core.ManagedFilter{Source: in.Source, Kind: core.ManagedKind(in.Kind), ID: in.ID})
		return listed(all, wire.Managed, err)
	})
	do(r, http.MethodDelete, operation{
		id: "release", path: "/managed/{kind}/{id}", tag: tagManaged, summary: "Let go of one object that a file manages",
		more: "It stays as it is. The file manages it again when it is applied again.", needs: core.WriteRoles, desk: []string{"Release"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Kind string `path:"kind" enum:"organisation,group,client,instance,connector" doc:"What kind of object it is."`
		ID   string `path:"id" maxLength:"255" doc:"Of a group; the client_id of a client; else the name."`
	}) error {
		return d.Release(ctx, core.ManagedKind(in.Kind), in.ID)
	})
}

func (r *routes) apply(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.Apply) (*Answer[api.Applied], error) {
	for i := range sent.Files {
		if err := checkDeclared(&sent.Files[i], i); err != nil {
			return nil, err
		}
	}
	declarations, err := wire.Declarations(sent.Files)
	if err != nil {
		return nil, malformed("the body cannot be read")
	}
	report, err := d.Apply(ctx, declarations, admin.ApplyOptions{DryRun: sent.DryRun, Prune: sent.Prune})
	if report == nil || err != nil && len(report.Rows) == 0 {
		return nil, err
	}
	answer := wire.Applied(report)
	if err != nil { // what was done is told all the same
		f, known := problemOf(err)
		answer.Failed = f.Detail
		if !known {
			answer.Failed = "the server failed, reference " + reference(ctx)
			r.server.Logger.Error("apply failed", slog.Any("cause", err), slog.String("correlation", reference(ctx)))
		}
	}
	return told(answer, nil)
}

// checkDeclared looks at the parts that are patches: what they have is checked as if it was
// sent to the object.
func checkDeclared(d *api.Declaration, at int) error {
	for i, o := range d.Organisations {
		if _, err := merge(wire.OrganisationRules(&core.Organisation{}), o.Settings); err != nil {
			return belowList(err, at, "organisations", i, "settings")
		}
	}
	for i, g := range d.Groups {
		if _, err := merge(api.GroupSettings{}, g.Settings); err != nil {
			return belowList(err, at, "groups", i, "settings")
		}
	}
	for i, c := range d.Clients {
		if _, err := merge(wire.ClientSettings(&core.Client{}), c.Settings); err != nil {
			return belowList(err, at, "clients", i, "settings")
		}
	}
	for i, p := range d.Plugins {
		if _, err := merge(api.Limits{}, p.Limits); err != nil {
			return belowList(err, at, "plugins", i, "limits")
		}
	}
	for i, c := range d.Connectors {
		if _, err := merge(wire.ConnectorSettings(&core.Connector{}), c.Connector); err != nil {
			return belowList(err, at, "connectors", i, "connector")
		}
	}
	return nil
}

func belowList(err error, file int, list string, at int, member string) error {
	return below(err, fmt.Sprintf("files[%d].%s[%d].%s", file, list, at, member))
}
