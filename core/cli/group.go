package cli

import (
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// groupView is a group as JSON.
type groupView struct {
	ID           core.ID    `json:"id"`
	Organisation string     `json:"organisation"`
	Name         string     `json:"name"`
	DisplayName  string     `json:"display_name"`
	Members      int        `json:"members"`
	CreatedAt    *time.Time `json:"created_at"`
	ExternalID   string     `json:"external_id"`
}

func viewGroup(g *core.Group) groupView {
	return groupView{g.ID, g.Org, g.Name, g.DisplayName, g.Members, jsonTime(g.CreatedAt), g.ExternalID}
}

func (p *program) group() *cobra.Command {
	c := family("group", "make groups and say who is in them",
		p.groupCreate(), p.groupList(), p.groupShow(), p.groupUpdate(), p.groupDelete(),
		p.groupMembers("add", "put users into a group", "added %s to group %s", Desk.AddMember),
		p.groupMembers("remove", "take users out of a group", "removed %s from group %s", Desk.RemoveMember))
	orgFlag(c)
	return c
}

func (p *program) groupCreate() *cobra.Command {
	var name string
	c := &cobra.Command{Use: "create GROUP", Short: "make a group", Args: arguments("GROUP")}
	c.Flags().StringVar(&name, "name", "", "what people see")
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		group, err := s.CreateGroup(ctx, orgOf(c), args[0], name)
		if err != nil {
			return err
		}
		return p.done(viewGroup(group), "created group %s", group.Name)
	})
	return c
}

func (p *program) groupList() *cobra.Command {
	var filter core.GroupFilter
	c := &cobra.Command{Use: "list", Short: "list groups", Args: arguments()}
	c.Flags().StringVar(&filter.Search, "search", "", "only groups with this `TEXT` in name or full name")
	c.Flags().StringVar(&filter.ExternalID, "external-id", "", "only the group that another system knows as this")
	everywhere := allFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		if filter.Org = orgOf(c); *everywhere {
			filter.Org = ""
		}
		groups, err := s.FindGroups(ctx, filter)
		if err != nil {
			return err
		}
		views := make([]groupView, len(groups))
		rows := make([][]string, len(groups))
		for i := range groups {
			views[i] = viewGroup(&groups[i])
			rows[i] = []string{groups[i].Name, groups[i].DisplayName, strconv.Itoa(groups[i].Members)}
		}
		headings := []string{"NAME", "FULL NAME", "MEMBERS"}
		if *everywhere {
			headings = withOrg(headings, rows, func(i int) string { return groups[i].Org })
		}
		return p.print(views, func(w io.Writer) { table(w, "there are no groups", headings, rows) })
	})
	return c
}

// allFlag asks for what all organisations have.
func allFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("all-orgs", false, "of all organisations")
}

// withOrg puts the organisation behind the name.
func withOrg(headings []string, rows [][]string, org func(i int) string) []string {
	for i := range rows {
		rows[i] = slices.Insert(rows[i], 1, org(i))
	}
	return slices.Insert(headings, 1, "ORGANISATION")
}

func (p *program) groupShow() *cobra.Command {
	c := &cobra.Command{Use: "show GROUP", Short: "show a group and its members", Args: arguments("GROUP")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		group, err := s.FindGroup(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if err := p.noteManaged(ctx, s, core.ManagedGroup, string(group.ID)); err != nil {
			return err
		}
		users, err := s.Members(ctx, group)
		if err != nil {
			return err
		}
		names := make([]string, len(users))
		for i := range users {
			names[i] = users[i].Name
		}
		document := struct {
			groupView
			Users []string `json:"users"`
		}{viewGroup(group), names}
		return p.print(document, func(w io.Writer) {
			fields(w, []admin.Row{
				{Field: "Name", Value: group.Name}, {Field: "Full name", Value: group.DisplayName}, {Field: "Organisation", Value: group.Org},
				{Field: "External identifier", Value: group.ExternalID}, {Field: "Created", Value: stamp(group.CreatedAt)}, {Field: "Members", Value: joined(names)},
			})
		})
	})
	return c
}

func (p *program) groupUpdate() *cobra.Command {
	var rename, name, external string
	c := &cobra.Command{Use: "update GROUP", Short: "change a group; what is not given stays", Args: arguments("GROUP")}
	c.Flags().StringVar(&rename, "rename", "", "new name")
	c.Flags().StringVar(&name, "name", "", "what people see")
	c.Flags().StringVar(&external, "external-id", "", "identifier in another system")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		group, err := s.FindGroup(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		group, err = s.UpdateGroup(ctx, group.ID, "", func(g *core.Group) {
			for _, f := range []struct {
				flag, value string
				field       *string
			}{{"rename", rename, &g.Name}, {"name", name, &g.DisplayName}, {"external-id", external, &g.ExternalID}} {
				if c.Flags().Changed(f.flag) {
					*f.field = f.value
				}
			}
		})
		if err != nil {
			return err
		}
		return p.done(viewGroup(group), "updated group %s", group.Name)
	})
	return c
}

func (p *program) groupDelete() *cobra.Command {
	c := &cobra.Command{Use: "delete GROUP", Short: "delete a group; its members stay users", Args: arguments("GROUP")}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		group, err := s.FindGroup(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		contents := func() ([]core.Content, error) { return s.GroupContents(ctx, group.ID) }
		if err := p.lost(ctx, *sure, "group", group.Name, contents); err != nil {
			return err
		}
		if err := s.DeleteGroup(ctx, group.Org, group.Name); err != nil {
			return err
		}
		return p.done(deleted{true, string(group.ID), group.Name}, "deleted group %s", group.Name)
	})
	return c
}

// groupMembers makes the command that adds or removes members. Everybody is
// looked up before anything is changed.
func (p *program) groupMembers(verb, short, done string, do func(Desk, context.Context, *core.Group, *core.User) error) *cobra.Command {
	c := &cobra.Command{Use: verb + " GROUP USER...", Short: short, Args: arguments("GROUP", "USER...")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		group, err := s.FindGroup(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		users := make([]*core.User, len(args)-1)
		names := make([]string, len(users))
		for i, name := range args[1:] {
			if users[i], err = s.FindUser(ctx, orgOf(c), name); err != nil {
				return err
			}
			names[i] = users[i].Name
		}
		for _, user := range users {
			if err := do(s, ctx, group, user); err != nil {
				return err
			}
		}
		if group, err = s.FindGroup(ctx, orgOf(c), args[0]); err != nil {
			return err
		}
		return p.done(viewGroup(group), done, joined(names), group.Name)
	})
	return c
}
