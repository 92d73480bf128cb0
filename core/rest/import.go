package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagImports = "imports"

// maxImport bounds what moves in at once, in bytes: some thousand people.
const maxImport = 8 << 20

func (r *routes) imports() {
	const id = "import"
	send(r, http.MethodPost, operation{
		id: id, path: "/imports", tag: tagImports, summary: "Move in what another program knows",
		more: "Each object is made wholly or not at all, and what became of it is said. Sent again it changes nothing that it did not have to. " +
			"An import that is too large is sent in parts, each with the organisations and groups.",
		needs: core.Import, desk: []string{"Import"},
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.Import) (*Answer[api.ImportReport], error) {
		plan, options := wire.Import(sent)
		report, err := d.Import(ctx, plan, options)
		if err != nil {
			return nil, err
		}
		return told(wire.ImportReport(report), nil)
	})
	read := r.bodies[id]
	read.most = maxImport
	r.bodies[id] = read
}
