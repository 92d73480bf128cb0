package console

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// wished is one thing that a plugin asks for.
type wished struct{ name, target string }

func (w wished) String() string {
	if w.target == "" {
		return w.name
	}
	return w.name + " for " + w.target
}

// wishesOf lists what a plugin asks for, each target by itself; nil of none.
func wishesOf(p *admin.Plugin) (list []wished) {
	if p == nil {
		return nil
	}
	for _, wish := range p.Capabilities {
		if len(wish.Targets) == 0 {
			list = append(list, wished{wish.Name, ""})
		}
		for _, target := range wish.Targets {
			list = append(list, wished{wish.Name, target})
		}
	}
	for _, secret := range p.Secrets {
		list = append(list, wished{"the secret " + secret.Name, ""})
	}
	return list
}

// changeBlock says what a version asks for and the one that runs does not. It gets nothing
// of that by itself.
func changeBlock(runs, next *admin.Plugin) web.Message {
	if runs.Module == core.BuiltinModule {
		return web.Message{Kind: "wrong", Title: "Its name is taken", Text: "The plugin " + runs.ID + " comes with Postern. This one cannot be installed until its author gives it another id."}
	}
	message := web.Message{Kind: "info", Title: "It replaces version " + runs.Version, Text: "It asks for nothing that that one does not ask for, too."}
	var more []string
	before := wishesOf(runs)
	for _, wish := range wishesOf(next) {
		if !slices.Contains(before, wish) {
			more = append(more, wish.String())
		}
	}
	if len(more) > 0 {
		message.Kind, message.Text = "warn", "It asks for more: "+strings.Join(more, ", ")+". Nothing of that is given by installing it. An instance that is bound must have what is needed first."
	}
	if lost := without(runs.Hooks, next.Hooks); len(lost) > 0 {
		message.Kind, message.Text = "warn", message.Text+" It does not serve "+strings.Join(lost, ", ")+" any more."
	}
	return message
}

// without gives what is in one list and not in the other.
func without(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(before), func(one string) bool { return slices.Contains(after, one) })
}

// comparedTable lists what a plugin asks for beside what the version that runs does; runs
// may be nil.
func comparedTable(runs, next *admin.Plugin) web.Table {
	table := wishTable(next)
	if runs == nil || runs.Module == next.Module {
		return table
	}
	table.Columns = append(table.Columns, "Version "+runs.Version)
	for i := range table.Rows {
		table.Rows[i].Cells = append(table.Rows[i].Cells, comparedCell(runs, next, i))
	}
	after := wishesOf(next)
	for _, wish := range wishesOf(runs) {
		if !slices.Contains(after, wish) {
			name := web.Cell{Text: strings.TrimPrefix(wish.name, "the "), Code: true}
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{name, {Text: wish.target}, {Text: "It is not asked for any more."}, {}, {Badges: []web.Badge{{Text: "Asked for it"}}}}})
		}
	}
	return table
}

// comparedCell says whether the wish of that row is new.
func comparedCell(runs, next *admin.Plugin, row int) web.Cell {
	as := web.Cell{Text: "the same"}
	if row >= len(next.Capabilities) {
		secret := next.Secrets[row-len(next.Capabilities)]
		if !slices.ContainsFunc(runs.Secrets, func(s core.PluginSecretWish) bool { return s.Name == secret.Name }) {
			as = web.Cell{Badges: []web.Badge{{Text: "New", Kind: "warn"}}}
		}
		return as
	}
	wish := next.Capabilities[row]
	at := slices.IndexFunc(runs.Capabilities, func(w core.PluginWish) bool { return w.Name == wish.Name })
	switch {
	case at < 0:
		return web.Cell{Badges: []web.Badge{{Text: "New", Kind: "warn"}}}
	case len(without(wish.Targets, runs.Capabilities[at].Targets)) > 0, len(wish.Targets) == 0 && len(runs.Capabilities[at].Targets) > 0:
		return web.Cell{Badges: []web.Badge{{Text: "For more", Kind: "warn"}}, Sub: "was for " + wishedFor(runs.Capabilities[at])}
	case runs.Capabilities[at].Optional && !wish.Optional:
		return web.Cell{Badges: []web.Badge{{Text: "Needed now", Kind: "warn"}}}
	}
	return as
}
