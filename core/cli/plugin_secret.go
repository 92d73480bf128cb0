package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginSecret() *cobra.Command {
	return family("secret", "keep the secrets of an instance", p.pluginSecretSet(), p.pluginSecretDelete(), p.pluginSecretList())
}

func (p *program) pluginSecretSet() *cobra.Command {
	var ahead, fromStdin bool
	c := &cobra.Command{
		Use: "set NAME SECRET", Short: "set a secret of an instance, asking for its value", Args: arguments("NAME", "SECRET"),
		Long:    "Set a secret of an instance. Its value is asked for at the terminal, or is\nstandard input with --stdin; one line break at the end does not belong to it. It\nis kept encrypted and not shown again.",
		Example: "  postern plugin secret set directory api_key\n" + "  postern plugin secret set staff private_key --stdin <key.pem",
	}
	c.Flags().BoolVar(&fromStdin, "stdin", false, "read the value from standard input")
	c.Flags().BoolVar(&ahead, "ahead", false, "also one that the plugin does not ask for yet, for its next version")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		instance, err := s.FindInstance(ctx, args[0]) // before anybody types anything
		if err != nil {
			return err
		}
		value, err := p.secretValue(ctx, fromStdin, instance.Name+" "+args[1])
		if err != nil {
			return err
		}
		if err := s.SetSecret(ctx, args[0], args[1], value, ahead); err != nil {
			return err
		}
		return p.changedInstance(ctx, s, args[0], "set the secret %s of %s", args[1], args[0])
	})
	return c
}

func (p *program) secretValue(ctx context.Context, fromStdin bool, name string) ([]byte, error) {
	if fromStdin {
		return p.readSecret(ctx)
	}
	fd, ok := p.terminal()
	if !ok {
		return nil, failf("pass the value on standard input with --stdin", "nobody is there to ask for the value")
	}
	value, err := p.askHidden(ctx, fd, "value of "+name)
	return []byte(value), err
}

func (p *program) pluginSecretDelete() *cobra.Command {
	c := &cobra.Command{
		Use: "delete NAME SECRET", Short: "forget a secret of an instance", Args: arguments("NAME", "SECRET"),
		Long:    "Forget a secret of an instance. A plugin that needs it stays bound, and fails.",
		Example: "  postern plugin secret delete directory api_key",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if err := s.DeleteSecret(ctx, args[0], args[1]); err != nil {
			return err
		}
		return p.changedInstance(ctx, s, args[0], "deleted the secret %s of %s", args[1], args[0])
	})
	return c
}

// secretView is a secret as JSON; nobody sees its value.
type secretView struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Asked       bool       `json:"asked"` // the plugin asks for it
	Optional    bool       `json:"optional"`
	Set         bool       `json:"set"`
	SetAt       *time.Time `json:"set_at"`
}

func viewSecrets(i *admin.Instance) []secretView {
	views := []secretView{}
	for _, asked := range i.Asked {
		if asked.Secret != "" {
			views = append(views, secretView{asked.Secret, asked.Reason, true, asked.Optional, asked.Given, jsonTime(asked.SetAt)})
		}
	}
	for _, secret := range i.Unasked.Secrets {
		views = append(views, secretView{Name: secret.Name, Set: true, SetAt: jsonTime(secret.UpdatedAt)})
	}
	return views
}

// state says in a few words how it stands.
func (v *secretView) state() string {
	switch {
	case !v.Asked:
		return "set, but not asked for"
	case v.Set:
		return "set"
	case v.Optional:
		return "missing, but not needed"
	}
	return "missing"
}

func (p *program) pluginSecretList() *cobra.Command {
	c := &cobra.Command{
		Use: "list NAME", Short: "list the secrets of an instance, without their values", Args: arguments("NAME"),
		Long:    "List the secrets that an instance has, and those that its plugin asks for,\nwithout their values.",
		Example: "  postern plugin secret list directory",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		instance, err := s.FindInstance(ctx, args[0])
		if err != nil {
			return err
		}
		views := viewSecrets(instance)
		return p.print(views, func(w io.Writer) { secretTable(w, views) })
	})
	return c
}

func secretTable(w io.Writer, views []secretView) {
	rows := make([][]string, len(views))
	for i := range views {
		at := ""
		if views[i].SetAt != nil {
			at = stamp(*views[i].SetAt)
		}
		rows[i] = []string{views[i].Name, views[i].Description, views[i].state(), at}
	}
	table(w, "it has no secrets and asks for none", []string{"SECRET", "WHAT IT IS", "STATE", "SET AT"}, rows)
}
