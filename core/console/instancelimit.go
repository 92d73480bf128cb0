package console

import (
	"errors"
	"strconv"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// instanceLimits bounds each call.
func (c *Console) instanceLimits(v *Visit) (*Answer, error) {
	if err := v.need(core.WritePlugins, ""); err != nil {
		return nil, err
	}
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	return show(instancePage(v, i, "limits", limitsForm(i)), nil)
}

func limitsForm(i *admin.Instance) web.Form {
	whole := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	return saving(web.Form{
		Title: "Limits of each call", Text: "Empty: as the server has it. A call that goes beyond one fails, and what it did is undone.",
		Groups: []web.Group{{Inputs: []web.Input{
			{Name: "memory", Label: "Memory, in MiB", Kind: "number", Min: "1", Max: "256", Value: whole(int64(i.Limits.MemoryMiB)), Optional: true},
			{Name: "cpu", Label: "Work, in milliseconds", Kind: "number", Min: "1", Max: "1000", Value: whole(i.Limits.CPU.Milliseconds()), Optional: true},
			{Name: "wait", Label: "Waiting for others, in milliseconds", Kind: "number", Min: "10", Max: "30000", Value: whole(i.Limits.Wait.Milliseconds()), Optional: true},
		}}},
	}, at(instancesPath, i.Name))
}

func (c *Console) saveLimits(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(v.Said(name))
		if err != nil && v.Said(name) != "" {
			return -1 // which the desk refuses
		}
		return n
	}
	err = v.Desk.SetLimits(v, i.Name, core.PluginLimits{
		MemoryMiB: number("memory"), CPU: time.Duration(number("cpu")) * time.Millisecond, Wait: time.Duration(number("wait")) * time.Millisecond,
	})
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return invalid(instancePage(v, i, "limits", retyped(v, limitsForm(i), wrong)))
	}
	if err != nil {
		return nil, err
	}
	return done(at(instancesPath, i.Name), "The limits were saved.")
}
