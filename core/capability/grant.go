package capability

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
)

// targets lists what the caller was granted the capability for.
func targets(caller *core.PluginCaller, capability string) []string {
	list := []string{}
	for _, grant := range caller.Grants {
		if grant.Capability == capability {
			list = append(list, grant.Target)
		}
	}
	return list
}

// mayAsk checks a URL against what was granted.
func mayAsk(caller *core.PluginCaller, capability, url string) error {
	place, err := outbound.PlaceOf(url)
	if err != nil {
		return err
	}
	if !place.In(targets(caller, capability)) {
		return denied(caller, capability, place.String())
	}
	return nil
}
