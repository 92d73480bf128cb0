package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

func (p *program) pluginKeygen() *cobra.Command {
	var name string
	var fromStdin bool
	c := &cobra.Command{
		Use: "keygen", Short: "make a pair of keys that sign modules", Args: arguments(),
		Long:    "Make a pair of keys in the format of minisign: NAME.key, which signs and is\nencrypted with a password, and NAME.pub, which servers trust.",
		Example: "  postern plugin keygen --out acme",
	}
	c.Flags().StringVar(&name, "out", "minisign", "`NAME` of the files, without .key and .pub")
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from standard input")
	c.RunE = func(c *cobra.Command, _ []string) error {
		password, err := p.newPassword(c.Context(), fromStdin, name+".key")
		if err != nil {
			return err
		}
		if password == "" {
			return failf("pass the password on standard input with --password-stdin", "nobody is there to ask for a password")
		}
		line := p.progress()
		line.say("encrypting the secret key, which takes a few seconds")
		pair, err := app.GenerateKeys(name, []byte(password))
		line.clear()
		if err != nil {
			return err
		}
		view := keyPairView{pair.Public, pair.Secret, pair.Key, pair.ID}
		p.note("made %s and %s", pair.Secret, pair.Public)
		return p.print(view, func(w io.Writer) {
			fields(w, []admin.Row{{Field: "Public key", Value: pair.Key}, {Field: "Key ID", Value: pair.ID}})
		})
	}
	return c
}

// keyPairView is a pair of keys as JSON, without the secret one.
type keyPairView struct {
	PublicFile string `json:"public_file"`
	SecretFile string `json:"secret_file"`
	PublicKey  string `json:"public_key"`
	KeyID      string `json:"key_id"`
}

// signedView is a signature as JSON.
type signedView struct {
	File      string `json:"file"`
	Digest    string `json:"digest"`
	Signature string `json:"signature"` // file
	KeyID     string `json:"key_id"`
	Comment   string `json:"comment"`
}

func (p *program) pluginSign() *cobra.Command {
	var key, comment string
	var fromStdin bool
	c := &cobra.Command{
		Use: "sign FILE", Short: "sign a module", Args: arguments("FILE"),
		Long:    "Sign a module as the minisign program does. The signature is FILE.minisig, in\nplace of one that is there.",
		Example: "  postern plugin sign directory.wasm --key acme.key",
	}
	c.Flags().StringVar(&key, "key", "", "`FILE` with the secret key")
	c.Flags().StringVar(&comment, "comment", "", "a line that is signed too (default: time and name of the file)")
	c.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password of the key from standard input")
	c.PreRunE = func(*cobra.Command, []string) error {
		if key == "" {
			return usagef("give --key FILE; 'postern plugin keygen' makes one", "the secret key is missing")
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		signing, err := app.OpenSigning(args[0], key)
		if err != nil {
			return err
		}
		signing.Comment, signing.Now = comment, time.Now()
		password, err := p.keyPassword(c.Context(), signing, fromStdin, key)
		if err != nil {
			return err
		}
		line := p.progress()
		if signing.NeedsPassword() {
			line.say("opening the secret key, which takes a few seconds")
		}
		done, err := signing.Sign([]byte(password))
		line.clear()
		if err != nil {
			return err
		}
		view := signedView{args[0], done.Digest, done.Signature, done.KeyID, done.Comment}
		return p.done(view, "signed %s with key %s: the signature is %s", args[0], done.KeyID, done.Signature)
	}
	return c
}

func (p *program) keyPassword(ctx context.Context, signing *app.Signing, fromStdin bool, key string) (string, error) {
	if !signing.NeedsPassword() {
		return "", nil
	}
	if fromStdin {
		return p.readPassword(ctx)
	}
	fd, ok := p.terminal()
	if !ok {
		return "", failf("pass the password on standard input with --password-stdin", "nobody is there to ask for the password of %s", key)
	}
	return p.askHidden(ctx, fd, "password of "+key)
}

func (p *program) pluginVerify() *cobra.Command {
	var keys []string
	var signature string
	c := &cobra.Command{
		Use: "verify FILE", Short: "say who signed a module", Args: arguments("FILE"),
		Long:    "Say who signed a module, a file or one of a registry (oci://...). It fails if\nnobody did whose key is trusted.",
		Example: "  postern plugin verify directory.wasm --key acme.pub",
	}
	c.Flags().SortFlags = false
	c.Flags().StringArrayVar(&keys, "key", nil, "`KEY` to trust, a .pub file or its line, in place of the configured ones (repeatable)")
	c.Flags().StringVar(&signature, "signature", "", "`FILE` with the signature (default: FILE.minisig)")
	supplyFlags(c)
	c.RunE = p.onModules(func(c *cobra.Command, s transfer, args []string) error {
		if err := trustOnly(&s.Config, keys); err != nil {
			return err
		}
		m, err := s.Get(c.Context(), args[0], signature)
		if err != nil {
			return err
		}
		s.end()
		if m.Unproven != nil {
			return m.Unproven
		}
		return p.print(viewModule(m), func(w io.Writer) { fields(w, moduleRows(m)) })
	})
	return c
}

// trustOnly puts the keys in the place of those that are configured, if there are any.
func trustOnly(cfg *config.Config, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	cfg.PluginKeys = nil
	for _, text := range keys {
		if !strings.ContainsAny(text, "=.") {
			text = "the key that was given=" + text
		}
		key, err := config.ParsePluginKey(text)
		if err != nil {
			return err
		}
		cfg.PluginKeys = append(cfg.PluginKeys, key)
	}
	return nil
}
