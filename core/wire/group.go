package wire

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Group gives the group as it is answered.
func Group(g *core.Group) api.Group {
	return api.Group{
		ID: string(g.ID), Version: string(admin.VersionOf(g.UpdatedAt)), Organisation: g.Org, Name: g.Name, DisplayName: g.DisplayName, ExternalID: g.ExternalID,
		Members: g.Members, CreatedAt: at(g.CreatedAt), UpdatedAt: at(g.UpdatedAt),
	}
}

// CoreGroup is the way back.
func CoreGroup(g *api.Group) core.Group {
	return core.Group{
		ID: core.ID(g.ID), Org: g.Organisation, Name: g.Name, DisplayName: g.DisplayName, ExternalID: g.ExternalID,
		Members: g.Members, CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
	}
}
