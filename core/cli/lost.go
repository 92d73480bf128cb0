package cli

import (
	"context"

	"github.com/postern-id/postern/core"
)

// lost asks before something is deleted, and says what goes with it.
func (p *program) lost(ctx context.Context, sure bool, what, name string, contents func() ([]core.Content, error)) error {
	if sure {
		return nil
	}
	all, err := contents()
	if err != nil {
		return err
	}
	return p.confirm(ctx, false, "delete the %s %q%s?", what, name, contentsText(all))
}

// contentsText names what goes with something: ", and with it sessions (3) and API tokens (1)".
func contentsText(contents []core.Content) string {
	var parts []string
	for _, c := range contents {
		if c.Count > 0 {
			parts = append(parts, c.What+" ("+countText(int64(c.Count))+")")
		}
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return ", and with it " + parts[0]
	}
	return ", and with it " + joined(parts[:len(parts)-1]) + " and " + parts[len(parts)-1]
}
