package wire

import (
	"encoding/json"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Preview gives what came of a message that was tried.
func Preview(p *admin.Previewed) api.Preview {
	told := api.Preview{
		Plugin: p.Plugin, Module: p.Module, Log: p.Log, Fuel: p.Fuel, Memory: p.Memory, Took: p.Took.Microseconds(), Failure: p.Failure,
		Calls: Each(p.Calls, func(c *admin.PreviewCall) api.PreviewCall {
			return api.PreviewCall{Capability: c.Capability, Request: object(c.Request)}
		}),
	}
	if json.Valid(p.Output) {
		told.Output = p.Output
	}
	return told
}

// AdminPreview is the way back.
func AdminPreview(p *api.Preview) admin.Previewed {
	return admin.Previewed{
		Plugin: p.Plugin, Module: p.Module, Output: p.Output, Log: p.Log, Fuel: p.Fuel, Memory: p.Memory, Took: micros(p.Took), Failure: p.Failure,
		Calls: Each(p.Calls, func(c *api.PreviewCall) admin.PreviewCall {
			return admin.PreviewCall{Capability: c.Capability, Request: c.Request}
		}),
	}
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Numbers give what was counted of an instance.
func Numbers(n *admin.PluginNumbers) api.Numbers {
	return api.Numbers{
		MemoryPeak: n.MemoryPeak, Suspended: n.Suspended, ShadowSame: n.ShadowSame, ShadowDiffers: n.ShadowDiffers,
		Hooks: Each(n.Hooks, func(h *admin.HookNumbers) api.HookNumbers {
			return api.HookNumbers{
				Hook: h.Hook, Calls: h.Calls, Failed: h.Failed, Average: h.Average.Microseconds(), Fuel: h.Fuel, Half: h.Half.Microseconds(), Slowest: h.Slowest.Microseconds(),
				Reasons: Each(h.Reasons, func(r *admin.ReasonNumber) api.ReasonNumber { return api.ReasonNumber(*r) }),
			}
		}),
		Minutes: Each(n.Minutes, func(m *admin.MinuteNumbers) api.MinuteNumbers { return api.MinuteNumbers(*m) }),
		HostCalls: Each(n.HostCalls, func(h *admin.HostCallNumbers) api.HostCallNumbers {
			return api.HostCallNumbers{Capability: h.Capability, Result: h.Result, Calls: h.Calls, Average: h.Average.Microseconds()}
		}),
	}
}

// AdminNumbers is the way back.
func AdminNumbers(n *api.Numbers) admin.PluginNumbers {
	return admin.PluginNumbers{
		MemoryPeak: n.MemoryPeak, Suspended: n.Suspended, ShadowSame: n.ShadowSame, ShadowDiffers: n.ShadowDiffers,
		Hooks: Each(n.Hooks, func(h *api.HookNumbers) admin.HookNumbers {
			return admin.HookNumbers{
				Hook: h.Hook, Calls: h.Calls, Failed: h.Failed, Average: micros(h.Average), Fuel: h.Fuel, Half: micros(h.Half), Slowest: micros(h.Slowest),
				Reasons: Each(h.Reasons, func(r *api.ReasonNumber) admin.ReasonNumber { return admin.ReasonNumber(*r) }),
			}
		}),
		Minutes: Each(n.Minutes, func(m *api.MinuteNumbers) admin.MinuteNumbers { return admin.MinuteNumbers(*m) }),
		HostCalls: Each(n.HostCalls, func(h *api.HostCallNumbers) admin.HostCallNumbers {
			return admin.HostCallNumbers{Capability: h.Capability, Result: h.Result, Calls: h.Calls, Average: micros(h.Average)}
		}),
	}
}

// LogLine gives something that a plugin wrote.
func LogLine(l *admin.LogLine) api.LogLine {
	return api.LogLine{Number: l.Number, At: at(l.At), Level: l.Level, Text: l.Text}
}

// AdminLogLine is the way back.
func AdminLogLine(l *api.LogLine) admin.LogLine { return admin.LogLine(*l) }

// Guide gives how a relying party is set up.
func Guide(g *admin.ClientGuide) api.Guide {
	return api.Guide{
		Title: g.Title, Steps: list(g.Steps), Source: g.Source,
		Forms: Each(g.Forms, func(f *admin.Form) api.Form {
			return api.Form{Title: f.Title, Rows: Each(f.Rows, func(r *admin.Row) api.Row { return api.Row(*r) })}
		}),
		Snippets: Each(g.Snippets, func(s *admin.Snippet) api.Snippet { return api.Snippet(*s) }),
		Checks: Each(g.Checks, func(c *admin.Check) api.Check {
			return api.Check{Name: c.Name, State: string(c.State), Text: c.Text, Hint: c.Hint, At: at(c.At)}
		}),
	}
}

// AdminGuide is the way back.
func AdminGuide(g *api.Guide) admin.ClientGuide {
	return admin.ClientGuide{
		Guide: admin.Guide{
			Title: g.Title, Steps: g.Steps, Source: g.Source,
			Forms: Each(g.Forms, func(f *api.Form) admin.Form {
				return admin.Form{Title: f.Title, Rows: Each(f.Rows, func(r *api.Row) admin.Row { return admin.Row(*r) })}
			}),
			Snippets: Each(g.Snippets, func(s *api.Snippet) admin.Snippet { return admin.Snippet(*s) }),
		},
		Checks: Each(g.Checks, func(c *api.Check) admin.Check {
			return admin.Check{Name: c.Name, State: admin.CheckState(c.State), Text: c.Text, Hint: c.Hint, At: c.At}
		}),
	}
}
