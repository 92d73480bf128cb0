package admin

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// maxGrants is more than any plugin needs.
const maxGrants = 128

// Grant lets the instance use a capability for a target: a host for http.fetch, the
// name of a secret for secret.get, nothing for clock. The plugin must ask for the
// capability, unless it is granted ahead, for a version that is to be installed. To
// grant it again changes nothing.
func (s *Service) Grant(ctx context.Context, actor Actor, instance, capability, target string, ahead bool) error {
	return s.onInstance(ctx, instance, func(before *core.PluginInstance) error {
		return s.grant(ctx, actor, before, core.PluginGrant{Capability: capability, Target: target}, ahead)
	})
}

func (s *Service) grant(ctx context.Context, actor Actor, before *core.PluginInstance, grant core.PluginGrant, ahead bool) error {
	plugin, err := s.pluginOf(ctx, before)
	if err != nil {
		return err
	}
	instance, capability, target := before.Name, grant.Capability, grant.Target
	if err := checkGrant(plugin, capability, target, ahead); err != nil {
		return err
	}
	if slices.Contains(before.Grants, grant) {
		return nil
	}
	if len(before.Grants) >= maxGrants {
		return invalid("capabilities", "revoke what it does not need", "the instance %q has %d grants, which is the most", instance, maxGrants)
	}
	after := *before
	after.Grants = append(slices.Clone(before.Grants), grant)
	return s.applyInstance(ctx, "grant "+capability, instance,
		s.replaceInstance(before, after), s.grantRecord(actor, core.EventPluginGranted, before, grant))
}

// Revoke takes back what [Service.Grant] granted. From the next call on the plugin
// is refused.
func (s *Service) Revoke(ctx context.Context, actor Actor, instance, capability, target string) error {
	return s.onInstance(ctx, instance, func(before *core.PluginInstance) error {
		return s.revoke(ctx, actor, before, core.PluginGrant{Capability: capability, Target: target})
	})
}

func (s *Service) revoke(ctx context.Context, actor Actor, before *core.PluginInstance, grant core.PluginGrant) error {
	i := slices.Index(before.Grants, grant)
	if i < 0 {
		return invalid("capabilities", grantsHint(before.Grants), "the instance %q was not granted %s", before.Name, shown(grantText(grant)))
	}
	after := *before
	after.Grants = slices.Delete(slices.Clone(before.Grants), i, i+1)
	return s.applyInstance(ctx, "revoke "+grant.Capability, before.Name,
		s.replaceInstance(before, after), s.grantRecord(actor, core.EventPluginWithdrawn, before, grant))
}

// checkGrant refuses what the plugin does not ask for and what is no target.
func checkGrant(plugin *Plugin, capability, target string, ahead bool) error {
	wish := wishOf(plugin, capability)
	if _, known := targetKindOf(capability); wish == nil && (!ahead || !known) {
		return invalid("capabilities", wishesHint(plugin), "plugin %q does not ask for %q", plugin.ID, shown(capability))
	}
	text, hint := checkTarget(capability, target)
	if kind, _ := targetKindOf(capability); text == "" && kind == targetSecret && !ahead && secretOf(plugin, target) == nil {
		text, hint = "plugin "+plugin.ID+" has no secret "+shown(target), secretsHint(plugin)
	}
	if text == "" {
		return nil
	}
	if target == "" && wish != nil && len(wish.Targets) > 0 {
		hint = "the plugin asks for it for " + clean(strings.Join(wish.Targets, ", "))
	}
	return invalid("target", hint, "%s cannot be granted: %s", capability, text)
}

func wishOf(plugin *Plugin, capability string) *core.PluginWish {
	i := slices.IndexFunc(plugin.Capabilities, func(w core.PluginWish) bool { return w.Name == capability })
	if i < 0 {
		return nil
	}
	return &plugin.Capabilities[i]
}

func wishesHint(plugin *Plugin) string {
	if len(plugin.Capabilities) == 0 {
		return "it asks for nothing"
	}
	names := make([]string, len(plugin.Capabilities))
	for i, wish := range plugin.Capabilities {
		names[i] = wish.Name
	}
	return "it asks for " + strings.Join(slices.Compact(names), ", ")
}

func grantsHint(grants []core.PluginGrant) string {
	if len(grants) == 0 {
		return "it was granted nothing"
	}
	texts := make([]string, len(grants))
	for i, grant := range grants {
		texts[i] = grantText(grant)
	}
	return "it was granted " + strings.Join(texts, ", ")
}

func grantText(grant core.PluginGrant) string {
	return strings.TrimSuffix(grant.Capability+" "+grant.Target, " ")
}

func (s *Service) grantRecord(actor Actor, kind core.EventType, i *core.PluginInstance, grant core.PluginGrant) core.Record {
	detail := map[string]string{"capability": grant.Capability}
	if grant.Target != "" {
		detail["target"] = grant.Target
	}
	return s.instanceRecord(actor, kind, i, detail)
}
