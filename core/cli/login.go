package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/remote/login"
)

// loginView is a sign-in at a server as JSON.
type loginView struct {
	Server string `json:"server"`
	Name   string `json:"name"`
}

func (p *program) login() *cobra.Command {
	c := &cobra.Command{
		Use: "login [SERVER]", Short: "sign in at a server elsewhere, to administer it with --server", Args: upTo(1),
		Long: "Sign in at a server that runs elsewhere: open the address that is printed in a\n" +
			"browser, on any machine, and confirm the code. From then on all commands work with\n" +
			"--server SERVER, or with POSTERN_SERVER in the environment. They do what your roles on\n" +
			"that server allow. Without SERVER, list where you are signed in.\n\n" +
			"The sign-in is kept in a file that only you can read. Programs use an API token\ninstead, in POSTERN_TOKEN: see 'postern token create'.",
		Example: "  postern login https://id.example.org\n  postern user list --server https://id.example.org",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		folder, err := login.UserFolder()
		if err != nil {
			return err
		}
		if len(args) == 0 {
			return p.listLogins(folder)
		}
		server, err := login.ParseServer(args[0])
		if err != nil {
			return err
		}
		return p.signIn(c.Context(), folder, server)
	}
	return c
}

func (p *program) signIn(ctx context.Context, folder login.Folder, server string) error {
	found, err := new(login.Client).Find(ctx, server)
	if err != nil {
		return err
	}
	device, err := found.Begin(ctx)
	if err != nil {
		return err
	}
	p.lines("Open this address in a browser and type the code:", "", "  "+device.Address, "  "+device.UserCode, "")
	if device.Complete != "" {
		p.lines("This one has the code in it already; compare it there:", "", "  "+device.Complete, "")
	}
	tokens, err := found.Finish(ctx, device)
	if err != nil {
		return err
	}
	name, err := found.Person(ctx, tokens)
	if err != nil {
		return err
	}
	if err := folder.Save(&login.Kept{Server: server, Name: name, Tokens: *tokens}); err != nil {
		return err
	}
	return p.done(loginView{server, name}, "signed in at %s as %s", server, name)
}

func (p *program) listLogins(folder login.Folder) error {
	servers, err := folder.Servers()
	if err != nil {
		return err
	}
	views := []loginView{}
	rows := [][]string{}
	for _, server := range servers {
		kept, err := folder.Load(server)
		if err != nil {
			return err
		}
		views = append(views, loginView{kept.Server, kept.Name})
		rows = append(rows, []string{kept.Server, kept.Name})
	}
	return p.print(views, func(w io.Writer) {
		table(w, "you are signed in nowhere", []string{"SERVER", "AS"}, rows)
	})
}

func (p *program) logout() *cobra.Command {
	c := &cobra.Command{
		Use: "logout SERVER", Short: "end a sign-in at a server elsewhere", Args: arguments("SERVER"),
		Long: "End the sign-in of 'postern login' at a server: the server takes its tokens no more, and\nthis machine forgets them. If the server cannot be reached, this machine forgets them all\nthe same, and the sign-in stays listed on the page of your account, where you end it.",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		server, err := login.ParseServer(args[0])
		if err != nil {
			return err
		}
		folder, err := login.UserFolder()
		if err != nil {
			return err
		}
		kept, err := folder.Load(server)
		if errors.Is(err, fs.ErrNotExist) {
			return failf("run 'postern login' to see where you are", "you are not signed in at %s", server)
		}
		if err == nil {
			p.revoke(c.Context(), kept)
		}
		if err := folder.Delete(server); err != nil {
			return err
		}
		return p.done(deleted{true, "", server}, "signed out at %s", server)
	}
	return c
}

// revoke has the server forget a sign-in. This machine forgets it in any case.
func (p *program) revoke(ctx context.Context, kept *login.Kept) {
	done := false
	found, err := new(login.Client).Find(ctx, kept.Server)
	if err == nil {
		done, err = found.Revoke(ctx, &kept.Tokens)
	}
	switch {
	case err != nil:
		p.note("note: the server does not know of it: %s; what may act for you is listed on the page of your account", err)
	case !done:
		p.note("note: the server goes on to list the command line among what may act for you, on the page of your account")
	}
}
