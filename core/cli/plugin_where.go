package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// where is the part of the flags that says which clients are meant.
type where struct {
	client string
	all    bool
}

func (w *where) flags(c *cobra.Command) {
	orgFlag(c)
	c.Flags().StringVar(&w.client, "client", "", "the client, by name or client ID")
	c.Flags().BoolVar(&w.all, "all-clients", false, "the binding to all clients")
}

// check refuses flags that contradict each other.
func (w *where) check(*cobra.Command, []string) error {
	if w.client != "" && w.all {
		return usagef("give one of them", "--client and --all-clients exclude each other")
	}
	return nil
}

// demand is check for a command that needs one of the flags.
func (w *where) demand(c *cobra.Command, args []string) error {
	if w.client == "" && !w.all {
		return usagef("give --client CLIENT, or --all-clients", "nothing says which clients the plugin is for")
	}
	return w.check(c, args)
}

// clientID gives the client's identifier; "" without --client.
func (w *where) clientID(ctx context.Context, s *session, org string) (string, error) {
	if w.client == "" {
		return "", nil
	}
	client, err := s.FindClient(ctx, org, w.client)
	if err != nil {
		return "", err
	}
	return client.ID, nil
}
