package cli

import (
	"context"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// userView is a user as JSON.
type userView struct {
	ID            core.ID           `json:"id"`
	Organisation  string            `json:"organisation"`
	Name          string            `json:"name"`
	Email         string            `json:"email"`
	EmailVerified bool              `json:"email_verified"`
	DisplayName   string            `json:"display_name"`
	Admin         bool              `json:"admin"`
	Disabled      bool              `json:"disabled"`
	HasPassword   bool              `json:"has_password"`
	Groups        []string          `json:"groups"`
	Profile       core.Profile      `json:"profile"`
	Attributes    map[string]string `json:"attributes"`
	CreatedAt     *time.Time        `json:"created_at"`
	UpdatedAt     *time.Time        `json:"updated_at"`
	PasswordAt    *time.Time        `json:"password_at"`
	LastSignInAt  *time.Time        `json:"last_sign_in_at"`
	LastSignInIP  string            `json:"last_sign_in_ip"`
}

func viewUser(u *core.User) userView {
	attributes := u.Attributes
	if attributes == nil {
		attributes = map[string]string{}
	}
	return userView{
		ID: u.ID, Organisation: u.Org, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified,
		DisplayName: u.DisplayName(), Admin: u.Admin, Disabled: u.Disabled, HasPassword: u.PasswordHash != "",
		Groups: list(u.Groups), Profile: u.Profile, Attributes: attributes,
		CreatedAt: jsonTime(u.CreatedAt), UpdatedAt: jsonTime(u.UpdatedAt), PasswordAt: jsonTime(u.PasswordAt),
		LastSignInAt: jsonTime(u.LastSignInAt), LastSignInIP: u.LastSignInIP,
	}
}

func (p *program) user() *cobra.Command {
	c := family("user", "make and change the people who can sign in",
		p.userCreate(), p.userInvite(), p.userList(), p.userShow(), p.userUpdate(), p.userPassword(), p.userResetLink(),
		p.userSwitch("disable", "keep a user from signing in, and sign them out everywhere", Desk.DisableUser),
		p.userSwitch("enable", "let a disabled user sign in again", Desk.EnableUser),
		p.userSessions(), p.userConsents(), p.userSignOut(), p.userMFA(), p.userRecoveryCodes(), p.userDevices(), p.userLinks(), p.userLink(), p.userUnlink(), p.userDelete())
	orgFlag(c)
	return c
}

func orgFlag(c *cobra.Command) {
	c.PersistentFlags().String("org", core.DefaultOrganisation, "organisation")
}

func orgOf(c *cobra.Command) string { return c.Flag("org").Value.String() }

func (p *program) userCreate() *cobra.Command {
	var groups []string
	var fromStdin bool
	c := &cobra.Command{
		Use: "create NAME", Short: "make a user", Args: arguments("NAME"),
		Long:    "Make a user. At a terminal the password is asked for; --password-stdin reads it\nfrom standard input. Groups that do not exist are made.",
		Example: "  postern user create alice --email alice@example.com --name \"Alice Liddell\" --group confluence-users",
	}
	flags := newPersonFlags(c)
	c.PreRunE = flags.check
	c.Flags().StringArrayVar(&groups, "group", nil, "put the user into the `GROUP` (repeatable)")
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		password, err := p.newPassword(ctx, fromStdin, args[0])
		if err != nil {
			return err
		}
		var draft core.User
		flags.apply(&draft)
		created, err := s.CreateUser(ctx, admin.NewUser{
			Org: orgOf(c), Name: args[0], Email: draft.Email, EmailVerified: draft.EmailVerified, Admin: draft.Admin,
			Password: password, Profile: draft.Profile, Attributes: draft.Attributes, Groups: groups,
		})
		if err != nil {
			return err
		}
		return p.reportCreated(created)
	})
	return c
}

// newPassword gives the password of a new user; empty where nobody can be asked.
func (p *program) newPassword(ctx context.Context, fromStdin bool, name string) (string, error) {
	if fromStdin {
		return p.readPassword(ctx)
	}
	if fd, ok := p.terminal(); ok {
		return p.askPassword(ctx, fd, name)
	}
	return "", nil
}

func (p *program) reportCreated(created *admin.CreatedUser) error {
	user := &created.User
	for _, group := range created.NewGroups {
		p.note("note: made the group %q", group)
	}
	if user.PasswordHash == "" {
		p.note("note: %s has no password and cannot sign in with one; set it with 'postern user password %s'", user.Name, user.Name)
	}
	if user.Email == "" {
		p.note("note: %s has no e-mail address; Confluence creates no user without one", user.Name)
	}
	document := struct {
		userView
		CreatedGroups []string `json:"created_groups"`
	}{viewUser(user), list(created.NewGroups)}
	return p.done(document, "created user %s", user.Name)
}

func (p *program) userList() *cobra.Command {
	var filter core.UserFilter
	var state string
	c := &cobra.Command{
		Use: "list", Short: "list users", Args: arguments(),
		Example: "  postern user list --group staff\n  postern user list --search lid --state disabled",
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&filter.Group, "group", "", "only members of the group")
	c.Flags().StringVar(&filter.Search, "search", "", "only users with this `TEXT` in name, full name or e-mail address")
	c.Flags().StringVar(&filter.ExternalID, "external-id", "", "only the user whom another system knows as this")
	c.Flags().StringVar(&state, "state", "", "only users who are `active` or disabled")
	c.Flags().BoolVar(&filter.Admins, "administrators", false, "only users who administer the server or have a role in the organisation")
	c.PreRunE = func(*cobra.Command, []string) error {
		switch state {
		case "":
		case "active", "disabled":
			filter.Disabled = new(state == "disabled")
		default:
			return usagef("use active or disabled", "%q is no value for --state", state)
		}
		return nil
	}
	everywhere := allFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		read := s.Users
		if filter.Org = orgOf(c); *everywhere {
			filter.Org, read = "", s.AllUsers
		}
		users, err := read(ctx, filter)
		if err != nil {
			return err
		}
		return p.printUsers(users, *everywhere)
	})
	return c
}

func (p *program) printUsers(users []core.User, everywhere bool) error {
	views := make([]userView, len(users))
	rows := make([][]string, len(users))
	for i := range users {
		u := &users[i]
		views[i] = viewUser(u)
		rows[i] = []string{u.Name, u.Email, u.Profile.DisplayName, joined(u.Groups), userState(u)}
	}
	headings := []string{"NAME", "E-MAIL", "FULL NAME", "GROUPS", "STATE"}
	if everywhere {
		headings = withOrg(headings, rows, func(i int) string { return users[i].Org })
	}
	return p.print(views, func(w io.Writer) { table(w, "there are no users", headings, rows) })
}

func userState(u *core.User) string {
	var state []string
	if u.Disabled {
		state = append(state, "disabled")
	}
	if u.Admin {
		state = append(state, "owner")
	}
	if u.PasswordHash == "" {
		state = append(state, "no password")
	}
	if len(state) == 0 {
		return "active"
	}
	return joined(state)
}

func (p *program) userShow() *cobra.Command {
	c := &cobra.Command{Use: "show USER", Short: "show a user, by name, e-mail address or identifier", Args: arguments("USER")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		return p.print(viewUser(user), func(w io.Writer) { fields(w, describeUser(user)) })
	})
	return c
}

func describeUser(u *core.User) []admin.Row {
	email := u.Email
	if email != "" && !u.EmailVerified {
		email += " (not verified)"
	}
	rows := []admin.Row{
		{Field: "Name", Value: u.Name}, {Field: "Identifier", Value: string(u.ID)}, {Field: "Organisation", Value: u.Org},
		{Field: "E-mail", Value: email}, {Field: "Groups", Value: joined(u.Groups)}, {Field: "State", Value: userState(u)},
	}
	profile := u.Profile
	for _, t := range texts() {
		rows = append(rows, admin.Row{Field: title(t.usage), Value: *t.field(&profile)})
	}
	for _, name := range slices.Sorted(maps.Keys(u.Attributes)) {
		rows = append(rows, admin.Row{Field: "Attribute " + name, Value: u.Attributes[name]})
	}
	return append(rows,
		admin.Row{Field: "Created", Value: stamp(u.CreatedAt)}, admin.Row{Field: "Changed", Value: stamp(u.UpdatedAt)},
		admin.Row{Field: "Password set", Value: stamp(u.PasswordAt)}, admin.Row{Field: "Last sign-in", Value: stamp(u.LastSignInAt)})
}

func (p *program) userUpdate() *cobra.Command {
	var login string
	c := &cobra.Command{Use: "update USER", Short: "change what is known of a user", Args: arguments("USER")}
	flags := newPersonFlags(c)
	c.PreRunE = flags.check
	c.Flags().StringVar(&login, "rename", "", "new user name")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		user, err = s.UpdateUser(ctx, user.ID, "", func(u *core.User) {
			flags.apply(u)
			if c.Flags().Changed("rename") {
				u.Name = login
			}
		})
		if err != nil {
			return err
		}
		return p.done(viewUser(user), "updated user %s", user.Name)
	})
	return c
}

func (p *program) userPassword() *cobra.Command {
	var fromStdin bool
	c := &cobra.Command{Use: "password USER", Short: "set a user's password, and sign them out everywhere", Args: arguments("USER")}
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		password, err := p.newPassword(ctx, fromStdin, user.Name)
		if err != nil {
			return err
		}
		if password == "" {
			return failf("pass the password on standard input with --password-stdin", "nobody is there to ask for a password")
		}
		if err := s.SetPassword(ctx, user.ID, password); err != nil {
			return err
		}
		return p.changedUser(ctx, s, user, "set the password of %s, and ended their sessions")
	})
	return c
}

// userSwitch makes a command that does one thing to a user.
func (p *program) userSwitch(verb, short string, do func(Desk, context.Context, core.ID) error) *cobra.Command {
	c := &cobra.Command{Use: verb + " USER", Short: short, Args: arguments("USER")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if err := do(s, ctx, user.ID); err != nil {
			return err
		}
		return p.changedUser(ctx, s, user, verb+"d user %s")
	})
	return c
}

func (p *program) userSignOut() *cobra.Command {
	var client string
	c := &cobra.Command{
		Use: "sign-out USER", Short: "end a user's sessions and revoke their tokens", Args: arguments("USER"),
		Long: "End a user's sessions and revoke their tokens. With --client only what the user\nallowed that client is withdrawn; they are asked again at its next sign-in.",
	}
	c.Flags().StringVar(&client, "client", "", "only withdraw what the user allowed this client")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if client == "" {
			if err := s.SignOutUser(ctx, user.ID); err != nil {
				return err
			}
			return p.changedUser(ctx, s, user, "signed %s out everywhere")
		}
		relying, err := s.FindClient(ctx, orgOf(c), client)
		if err != nil {
			return err
		}
		if err := s.WithdrawConsent(ctx, user.ID, relying.ID); err != nil {
			return err
		}
		return p.changedUser(ctx, s, user, "withdrew what %s allowed "+relying.Name)
	})
	return c
}

// changedUser reads the user again for the JSON document, or tells what was done.
func (p *program) changedUser(ctx context.Context, s *session, user *core.User, done string) error {
	after, err := s.FindUser(ctx, user.Org, string(user.ID))
	if err != nil {
		return err
	}
	return p.done(viewUser(after), done, user.Name)
}

// deleted is the JSON document of everything that was deleted.
type deleted struct {
	Deleted bool   `json:"deleted"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name"`
}

func (p *program) userDelete() *cobra.Command {
	c := &cobra.Command{Use: "delete USER", Short: "delete a user with sessions, consents and tokens", Args: arguments("USER")}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		contents := func() ([]core.Content, error) { return s.UserContents(ctx, user.ID) }
		if err := p.lost(ctx, *sure, "user", user.Name, contents); err != nil {
			return err
		}
		if err := s.DeleteUser(ctx, user.ID); err != nil {
			return err
		}
		return p.done(deleted{true, string(user.ID), user.Name}, "deleted user %s", user.Name)
	})
	return c
}

func yesFlag(c *cobra.Command) *bool {
	return c.Flags().BoolP("yes", "y", false, "do it without being asked")
}
