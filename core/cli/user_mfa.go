package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// proofsView is what a user enrolled, as JSON.
type proofsView struct {
	Authenticators []authenticatorView `json:"authenticators"`
	RecoveryCodes  int                 `json:"recovery_codes"` // that can still be used
}

type authenticatorView struct {
	ID         core.ID                `json:"id"`
	Kind       core.AuthenticatorKind `json:"kind"`
	Name       string                 `json:"name"`
	CreatedAt  *time.Time             `json:"created_at"`
	LastUsedAt *time.Time             `json:"last_used_at"`
}

func viewProofs(proofs admin.Proofs) proofsView {
	view := proofsView{Authenticators: []authenticatorView{}, RecoveryCodes: proofs.RecoveryCodes}
	for _, a := range proofs.Authenticators {
		view.Authenticators = append(view.Authenticators, authenticatorView{a.ID, a.Kind, a.Name, jsonTime(a.CreatedAt), jsonTime(a.LastUsedAt)})
	}
	return view
}

func (p *program) userMFA() *cobra.Command {
	return family("mfa", "see and take away what a user proves who they are with, besides a password", p.mfaList(), p.mfaRemove(), p.mfaReset())
}

func (p *program) mfaList() *cobra.Command {
	c := &cobra.Command{Use: "list USER", Short: "list a user's passkeys and apps", Args: arguments("USER")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		proofs, err := s.UserProofs(ctx, user.ID)
		if err != nil {
			return err
		}
		return p.printProofs(proofs)
	})
	return c
}

func (p *program) printProofs(proofs admin.Proofs) error {
	rows := make([][]string, len(proofs.Authenticators))
	for i, a := range proofs.Authenticators {
		used := "never"
		if !a.LastUsedAt.IsZero() {
			used = stamp(a.LastUsedAt)
		}
		rows[i] = []string{string(a.ID), string(a.Kind), dash(a.Name), stamp(a.CreatedAt), used}
	}
	return p.print(viewProofs(proofs), func(w io.Writer) {
		table(w, "nothing is enrolled", []string{"ID", "KIND", "NAME", "ENROLLED", "LAST USED"}, rows)
		if len(rows) > 0 {
			fmt.Fprintf(w, "\nrecovery codes that can be used: %d\n", proofs.RecoveryCodes)
		}
	})
}

func (p *program) mfaRemove() *cobra.Command {
	c := &cobra.Command{
		Use: "remove USER ID", Short: "remove one passkey or app of a user", Args: arguments("USER", "ID"),
		Long: "Remove one passkey or app of a user, such as one that is lost. With the last one go\nthe recovery codes and trusted browsers. Sessions go on; 'postern user sign-out' ends\nthem.",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if err := s.RemoveAuthenticator(ctx, user.ID, core.ID(args[1])); err != nil {
			return err
		}
		if err := p.noteWayIn(ctx, s, user); err != nil {
			return err
		}
		return p.done(deleted{true, args[1], user.Name}, "removed %s of user %s", args[1], user.Name)
	})
	return c
}

func (p *program) mfaReset() *cobra.Command {
	c := &cobra.Command{
		Use: "reset USER", Short: "remove all passkeys, apps and recovery codes of a user", Args: arguments("USER"),
		Long: "Remove all passkeys, apps, recovery codes and trusted browsers of a user who has lost\nthem, and sign them out everywhere. They enrol anew where the rules ask for it. Be\nsure who asks for it: the password alone is left.",
	}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if err := p.confirm(ctx, *sure, "remove all passkeys, apps and recovery codes of %q?", user.Name); err != nil {
			return err
		}
		removed, err := s.ResetProofs(ctx, user.ID)
		if err != nil {
			return err
		}
		if err := p.noteWayIn(ctx, s, user); err != nil {
			return err
		}
		document := struct {
			User    string `json:"user"`
			Removed int    `json:"removed"`
		}{user.Name, removed}
		return p.done(document, "removed what user %s had enrolled, and ended their sessions", user.Name)
	})
	return c
}

// noteWayIn points at a user who cannot sign in any more.
func (p *program) noteWayIn(ctx context.Context, s *session, user *core.User) error {
	links, err := s.UserLinks(ctx, user.ID)
	if err != nil || user.PasswordHash != "" || len(links) > 0 {
		return err
	}
	proofs, err := s.UserProofs(ctx, user.ID)
	if err == nil && !proofs.Passkeys() {
		p.note("note: %s has no password, passkey or link left, and so no way in; 'postern user invite --again %s' makes one", user.Name, user.Name)
	}
	return err
}

func (p *program) userRecoveryCodes() *cobra.Command {
	var renew bool
	c := &cobra.Command{
		Use: "recovery-codes USER", Short: "say how many recovery codes a user has left, or make new ones", Args: arguments("USER"),
		Long: "Say how many recovery codes a user has left. With --new they get new ones, which are\nprinted this once for you to hand over; the old ones work no more.",
	}
	c.Flags().BoolVar(&renew, "new", false, "make new codes and print them")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if renew {
			return p.makeRecoveryCodes(ctx, s, user)
		}
		proofs, err := s.UserProofs(ctx, user.ID)
		if err != nil {
			return err
		}
		return p.print(codesView{user.Name, proofs.RecoveryCodes, []string{}}, func(w io.Writer) { fmt.Fprintln(w, proofs.RecoveryCodes) })
	})
	return c
}

// codesView are the recovery codes of a user as JSON. The codes themselves are there only
// right after they were made.
type codesView struct {
	User  string   `json:"user"`
	Left  int      `json:"left"`
	Codes []string `json:"codes"`
}

func (p *program) makeRecoveryCodes(ctx context.Context, s *session, user *core.User) error {
	codes, err := s.NewRecoveryCodes(ctx, user.ID)
	if err != nil {
		return err
	}
	p.note("made recovery codes for user %s, each of which works once; they are not shown again", user.Name)
	return p.print(codesView{user.Name, len(codes), codes}, func(w io.Writer) {
		for _, code := range codes {
			fmt.Fprintln(w, code)
		}
	})
}
