package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

// guideView is how a client is set up as JSON.
type guideView struct {
	Title    string        `json:"title"`
	Forms    []formView    `json:"forms"`
	Snippets []snippetView `json:"snippets"`
	Steps    []string      `json:"steps"`
	Source   string        `json:"source"`
	Checks   []checkView   `json:"checks"`
}

type formView struct {
	Title string    `json:"title"`
	Rows  []rowView `json:"rows"`
}

type rowView struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

type snippetView struct {
	Title    string `json:"title"`
	Language string `json:"language"`
	Text     string `json:"text"`
}

// checkView is a point of the checklist as JSON.
type checkView struct {
	Name  string           `json:"name"`
	State admin.CheckState `json:"state"`
	Text  string           `json:"text"`
	Hint  string           `json:"hint"`
	At    *time.Time       `json:"at"`
}

func viewGuide(g *admin.ClientGuide) guideView {
	v := guideView{g.Title, []formView{}, []snippetView{}, list(g.Steps), g.Source, []checkView{}}
	for _, form := range g.Forms {
		rows := make([]rowView, len(form.Rows))
		for i, row := range form.Rows {
			rows[i] = rowView(row)
		}
		v.Forms = append(v.Forms, formView{form.Title, rows})
	}
	for _, snippet := range g.Snippets {
		v.Snippets = append(v.Snippets, snippetView(snippet))
	}
	for _, c := range g.Checks {
		v.Checks = append(v.Checks, checkView{c.Name, c.State, c.Text, c.Hint, jsonTime(c.At)})
	}
	return v
}

func (p *program) clientGuide() *cobra.Command {
	c := &cobra.Command{
		Use: "guide CLIENT", Short: "say how to set a client up, and what of it is done", Args: arguments("CLIENT"),
		Long: "Say how to set up the application that a client is for: what to paste where, the steps,\nand a checklist of what is done already, by the client itself and by what the audit log\nsaw of it.",
	}
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		client, err := s.FindClient(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		guide, err := s.ClientGuide(ctx, client.ID, "")
		if err != nil {
			return err
		}
		return p.print(viewGuide(guide), func(w io.Writer) {
			describeGuide(w, &guide.Guide)
			fmt.Fprintln(w, "\nWhat is done:")
			for _, check := range guide.Checks {
				fmt.Fprintf(w, "  [%s] %s\n", checkMark(check.State), oneLine(check.Text))
				if check.Hint != "" {
					fmt.Fprintf(w, "      %s\n", oneLine(check.Hint))
				}
			}
		})
	})
	return c
}

// checkMark is a state in one character.
func checkMark(state admin.CheckState) string {
	switch state {
	case admin.CheckDone:
		return "x"
	case admin.CheckWrong:
		return "!"
	}
	return " "
}
