package console

import (
	"strconv"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// instanceLimits is the page on which each call is bounded.
func (c *Console) instanceLimits() Route {
	return SheetPage[admin.Instance]{
		Path: instancesPath + "/:name/limits", Menu: pluginsPath, Permission: core.WritePlugins,
		Read: func(v *Visit) (*admin.Instance, string, admin.Version, error) {
			i, _, err := v.theInstance()
			if err != nil {
				return nil, "", "", err
			}
			return i, "", admin.VersionOf(i.UpdatedAt), nil
		},
		Sheet: func(_ *Visit, i *admin.Instance) Sheet[admin.Instance] { return limitsSheet(i) },
		Page: func(v *Visit, i *admin.Instance, form web.Form) *web.Console {
			return instancePage(v, i, "limits", form)
		},
		Update: func(v *Visit, i *admin.Instance, was admin.Version, edit func(*admin.Instance)) (string, string, error) {
			err := v.Desk.UpdateInstance(v, i.Name, was, func(stored *core.PluginInstance) {
				draft := admin.Instance{PluginInstance: *stored}
				edit(&draft)
				stored.Limits = draft.Limits
			})
			return at(instancesPath, i.Name), "The limits were saved.", err
		},
	}.Route()
}

func limitsSheet(i *admin.Instance) Sheet[admin.Instance] {
	millis := func(name, label, least, most string, of func(*admin.Instance) *time.Duration) SheetField[admin.Instance] {
		return SheetField[admin.Instance]{
			Input: web.Input{Name: name, Label: label, Kind: "number", Min: least, Max: most, Optional: true},
			Get:   func(i *admin.Instance) string { return whole(of(i).Milliseconds()) },
			Set:   func(i *admin.Instance, typed string) { *of(i) = time.Duration(limit(typed)) * time.Millisecond },
		}
	}
	return Sheet[admin.Instance]{
		Fill: saving(web.Form{
			Title: "Limits of each call", Text: "Empty: as the server has it. A call that goes beyond one fails, and what it did is undone.",
		}, at(instancesPath, i.Name)),
		Groups: []SheetGroup[admin.Instance]{{Fields: []SheetField[admin.Instance]{
			{
				Input: web.Input{Name: "memory", Label: "Memory, in MiB", Kind: "number", Min: "1", Max: "256", Optional: true},
				Get:   func(i *admin.Instance) string { return whole(int64(i.Limits.MemoryMiB)) },
				Set:   func(i *admin.Instance, typed string) { i.Limits.MemoryMiB = limit(typed) },
			},
			millis("cpu", "Work, in milliseconds", "1", "1000", func(i *admin.Instance) *time.Duration { return &i.Limits.CPU }),
			millis("wait", "Waiting for others, in milliseconds", "10", "30000", func(i *admin.Instance) *time.Duration { return &i.Limits.Wait }),
		}}},
	}
}

func whole(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// limit reads a number; what is none is one that the desk refuses.
func limit(typed string) int {
	n, err := strconv.Atoi(typed)
	if err != nil && typed != "" {
		return -1
	}
	return n
}
