package console

import (
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/web"
)

// eventKind are types of events that one looks for together.
type eventKind struct {
	name, title string
	types       []core.EventType
}

// kindPrefix tells the name of a kind from a type, in an address.
const kindPrefix = "all-"

// eventKinds has every type of event, once.
func eventKinds() []eventKind {
	return []eventKind{
		{"sign-in", "Signing in and out", []core.EventType{
			core.EventSignedIn, core.EventSignInFailed, core.EventSignInThrottled, core.EventSignInCancelled, core.EventFactorWanted, core.EventSignedOut,
			core.EventUpstreamBegun, core.EventUpstreamRefused, core.EventUpstreamFailed, core.EventStepRefused, core.EventDeviceAsked, core.EventDeviceApproved, core.EventDeviceDenied,
		}},
		{"own", "What people do with their accounts", []core.EventType{
			core.EventAccountLinked, core.EventAccountUnlinked, core.EventConsentGiven, core.EventConsentDenied, core.EventConsentWithdrawn,
			core.EventAuthenticatorAdded, core.EventAuthenticatorRemoved, core.EventAuthenticatorRenamed, core.EventRecoveryCodesMade, core.EventRecoveryCodeUsed,
			core.EventDeviceTrusted, core.EventDeviceForgotten, core.EventTicketSent, core.EventTicketUsed, core.EventTicketRefused,
			core.EventUserRegistered, core.EventRegisterRefused, core.EventEmailChanged, core.EventEmailVerified, core.EventProfileChanged, core.EventDataExported,
		}},
		{"people", "Users, groups and organisations", []core.EventType{
			core.EventUserCreated, core.EventUserInvited, core.EventUserUpdated, core.EventUserDisabled, core.EventUserEnabled, core.EventUserDeleted, core.EventPasswordSet,
			core.EventGroupCreated, core.EventGroupUpdated, core.EventGroupDeleted, core.EventMemberAdded, core.EventMemberRemoved,
			core.EventOrgCreated, core.EventOrgUpdated, core.EventOrgDeleted, core.EventImported,
		}},
		{"administration", "Roles, programs and the server", []core.EventType{
			core.EventRoleGranted, core.EventRoleRevoked, core.EventAccountCreated, core.EventAccountUpdated, core.EventAccountDeleted,
			core.EventAPITokenCreated, core.EventAPITokenRevoked, core.EventAPIRefused, core.EventManaged, core.EventReleased, core.EventKeyCreated, core.EventKeyRetired, core.EventKeyDeleted,
			core.EventSetupDone, core.EventSetupRefused, core.EventMailSent, core.EventMailRetried, core.EventMailFailed, core.EventRequestRefused,
		}},
		{"applications", "Applications and their tokens", []core.EventType{
			core.EventClientCreated, core.EventClientUpdated, core.EventClientDeleted, core.EventSecretRotated, core.EventTried,
			core.EventRegistrationRefused, core.EventInitialCreated, core.EventInitialRevoked,
			core.EventAuthorizeRefused, core.EventCodeIssued, core.EventTokenIssued, core.EventTokenRefreshed, core.EventTokenRefused, core.EventTokenRevoked, core.EventReuseDetected, core.EventResourceRefused,
			core.EventLogoutDelivered, core.EventLogoutFailed,
		}},
		{"plugins", "Connectors and plugins", []core.EventType{
			core.EventConnectorSaved, core.EventConnectorDeleted, core.EventPluginInstalled, core.EventPluginRolledBack, core.EventPluginRemoved, core.EventPluginConfigured,
			core.EventPluginBound, core.EventPluginUnbound, core.EventPluginGranted, core.EventPluginWithdrawn, core.EventPluginSecretSet, core.EventPluginSecretGone,
			core.EventPluginLoaded, core.EventPluginReloaded, core.EventPluginRefused, core.EventPluginFailed, core.EventPluginDenied, core.EventPluginSuspended, core.EventPreviewed,
		}},
	}
}

// amissKind are refusals and failures, of whatever.
func amissKind() (types []core.EventType) {
	for _, kind := range eventKinds() {
		for _, one := range kind.types {
			if len(eventBadges(one)) > 0 {
				types = append(types, one)
			}
		}
	}
	return types
}

// typesOf gives the types that a search asks for; known is whether there are such.
func typesOf(asked string) (types []core.EventType, known bool) {
	name, is := strings.CutPrefix(asked, kindPrefix)
	if is && name == "amiss" {
		return amissKind(), true
	}
	for _, kind := range eventKinds() {
		if is && kind.name == name {
			return kind.types, true
		}
		for _, one := range kind.types {
			if string(one) == asked {
				return []core.EventType{one}, true
			}
		}
	}
	return nil, false
}

// kindInput lets the visitor choose a kind or a type.
func kindInput(value string) web.Input {
	input := web.Input{Name: "type", Label: "What", Kind: "select", Value: value, Options: []web.Option{
		{Label: "Everything"}, {Value: kindPrefix + "amiss", Label: "Refusals and failures"},
	}}
	for _, kind := range eventKinds() {
		input.Options = append(input.Options, web.Option{Value: kindPrefix + kind.name, Label: kind.title})
		group := web.OptionGroup{Name: kind.title}
		for _, one := range kind.types {
			group.Options = append(group.Options, web.Option{Value: string(one), Label: eventTitle(one)})
		}
		input.Further = append(input.Further, group)
	}
	if _, known := typesOf(value); !known && value != "" {
		input.Options = append(input.Options, web.Option{Value: value, Label: value})
	}
	return input
}
