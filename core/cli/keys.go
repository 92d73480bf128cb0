package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

// keyView is a signing key as JSON.
type keyView struct {
	ID        string         `json:"kid"`
	Alg       string         `json:"alg"`
	State     admin.KeyState `json:"state"`
	CreatedAt *time.Time     `json:"created_at"`
	RetiredAt *time.Time     `json:"signs_until"`     // null without a successor
	GoneAt    *time.Time     `json:"published_until"` // null without a successor
}

func (p *program) keys() *cobra.Command {
	return family("keys", "show and change the keys that sign tokens", p.keysList(), p.keysRotate(), p.keysRetire())
}

func (p *program) keysList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list the signing keys that are published", Args: arguments()}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		keys, err := s.Keys(ctx)
		if err != nil {
			return err
		}
		return p.printKeys(keys)
	})
	return c
}

func (p *program) printKeys(keys []admin.Key) error {
	views := make([]keyView, len(keys))
	rows := make([][]string, len(keys))
	for i, k := range keys {
		views[i] = keyView{k.ID, k.Alg, k.State, jsonTime(k.CreatedAt), jsonTime(k.RetiredAt), jsonTime(k.GoneAt)}
		rows[i] = []string{k.ID, k.Alg, string(k.State), stamp(k.CreatedAt), stamp(k.RetiredAt), stamp(k.GoneAt)}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "there are no keys: the first start of the server makes them", []string{"KEY ID", "ALGORITHM", "STATE", "CREATED", "SIGNS UNTIL", "PUBLISHED UNTIL"}, rows)
	})
}

func (p *program) keysRotate() *cobra.Command {
	c := &cobra.Command{
		Use: "rotate", Short: "make new signing keys", Args: arguments(),
		Long: "Make new signing keys. They are published at once and sign ten minutes later, when\n" +
			"relying parties have had the time to learn of them. What the old ones signed goes\n" +
			"on to verify until it has expired. A server that runs follows.",
	}
	algs := c.Flags().StringArray("alg", nil, "`ALGORITHM`: RS256, ES256, EdDSA or PS256 (repeatable; all if it is not given)")
	atOnce := c.Flags().Bool("now", false, "sign with the new keys at once")
	c.RunE = p.making(func(ctx context.Context, s *session, _ []string) error {
		keys, err := s.RotateKeys(ctx, *algs, *atOnce)
		if err != nil {
			return err
		}
		p.note("made new signing keys")
		return p.printKeys(keys)
	})
	return c
}

func (p *program) keysRetire() *cobra.Command {
	c := &cobra.Command{
		Use: "retire KEY", Short: "end a signing key at once, as if it was stolen", Args: arguments("KEY"),
		Long: "End a signing key at once: it is not published any more, and nothing that it signed is\n" +
			"trusted. If it is the one that signs, another is made that does. To change keys in\n" +
			"time, run 'postern keys rotate'.",
	}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if err := p.confirm(ctx, *sure, "end the key %q, and all tokens that it signed?", args[0]); err != nil {
			return err
		}
		if err := s.DeleteKey(ctx, args[0]); err != nil {
			return err
		}
		return p.done(deleted{true, args[0], ""}, "ended the key %s", args[0])
	})
	return c
}
