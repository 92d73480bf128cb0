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

// NewGroup gives what is to be made.
func NewGroup(g *api.NewGroup) admin.NewGroup {
	return admin.NewGroup{Org: g.Organisation, Name: g.Name, DisplayName: g.DisplayName, ExternalID: g.ExternalID, Members: IDs(g.Members)}
}

// GroupToMake is the way back.
func GroupToMake(g *admin.NewGroup) api.NewGroup {
	return api.NewGroup{Organisation: g.Org, Name: g.Name, DisplayName: g.DisplayName, ExternalID: g.ExternalID, Members: texts(g.Members)}
}

// SetGroup lets the group be what may be changed of it.
func SetGroup(g *core.Group, to *api.Group) {
	g.Name, g.DisplayName, g.ExternalID = to.Name, to.DisplayName, to.ExternalID
}
