package rest

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/api"
)

// owned is an object in an answer, and where it says which file manages it.
type owned struct {
	kind core.ManagedKind
	id   string
	by   **api.ManagedBy
}

// ownedIn finds the objects of an answer that files can manage.
func ownedIn(answer any) (all []owned) {
	switch a := answer.(type) {
	case *Object[api.Organisation]:
		return ownedOf(&a.Body)
	case *Object[api.Group]:
		return ownedOf(&a.Body)
	case *Object[api.Client]:
		return ownedOf(&a.Body)
	case *Object[api.Instance]:
		return ownedOf(&a.Body)
	case *Object[api.Connector]:
		return ownedOf(&a.Body)
	case *Answer[api.Page[api.Organisation]]:
		return ownedEach(a.Body.Items)
	case *Answer[api.Page[api.Group]]:
		return ownedEach(a.Body.Items)
	case *Answer[api.Page[api.Client]]:
		return ownedEach(a.Body.Items)
	case *Answer[api.Page[api.Instance]]:
		return ownedEach(a.Body.Items)
	case *Answer[api.Page[api.Connector]]:
		return ownedEach(a.Body.Items)
	}
	return nil
}

func ownedEach[T any](items []T) (all []owned) {
	for i := range items {
		all = append(all, ownedOf(&items[i])...)
	}
	return all
}

func ownedOf(object any) []owned {
	switch o := object.(type) {
	case *api.Organisation:
		return []owned{{core.ManagedOrganisation, o.Name, &o.ManagedBy}}
	case *api.Group:
		return []owned{{core.ManagedGroup, o.ID, &o.ManagedBy}}
	case *api.Client:
		return []owned{{core.ManagedClient, o.ID, &o.ManagedBy}}
	case *api.Instance: // which may be that of a connector
		return []owned{{core.ManagedInstance, o.Name, &o.ManagedBy}, {core.ManagedConnector, o.Name, &o.ManagedBy}}
	case *api.Connector:
		return []owned{{core.ManagedConnector, o.Name, &o.ManagedBy}}
	}
	return nil
}

// owners says in an answer which files manage what is in it. Who may read an object may
// know that.
func owners(ctx context.Context, c *call, answer any) error {
	objects := ownedIn(answer)
	if len(objects) == 0 {
		return nil
	}
	filter := core.ManagedFilter{}
	if len(objects) == 1 {
		filter.Kind, filter.ID = objects[0].kind, objects[0].id
	}
	rows, err := c.desk.Managed(ctx, filter)
	if err != nil {
		return err
	}
	type key struct {
		kind core.ManagedKind
		id   string
	}
	by := map[key]*api.ManagedBy{}
	for i := range rows {
		by[key{rows[i].Kind, rows[i].ID}] = &api.ManagedBy{Source: rows[i].Source, File: rows[i].File}
	}
	for _, o := range objects {
		if found := by[key{o.kind, o.id}]; found != nil {
			*o.by = found
		}
	}
	return nil
}
