package capability_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

func TestSecretGet(t *testing.T) {
	w := newWorld(t)
	caller := w.caller("secret.get api-key", "secret.get unset", "secret.get raw", "secret.get moved", "http.fetch hidden")
	w.secret(caller, "api-key", "s3cr3t\n")
	w.secret(caller, "hidden", "not for you")
	w.secret(caller, "raw", "\xff")
	other := w.caller()
	other.Instance = "other"
	w.secret(other, "moved", "of another instance")
	caller.Secrets = append(caller.Secrets, other.Secrets...)

	w.does(caller, hook.SecretGet, `{"name":"api-key"}`, `{"value":"s3cr3t\n"}`)
	w.refuses(caller, hook.SecretGet, `{"name":"hidden"}`, hook.CodeDenied,
		`the instance \"directory\" may not read the secret hidden; the operator allows it with: postern plugin grant directory secret.get hidden`)
	w.refuses(caller, hook.SecretGet, `{"name":"unset"}`, hook.CodeUnavailable, "is not set; the operator sets it with: postern plugin secret set directory unset")
	w.refuses(caller, hook.SecretGet, `{"name":"raw"}`, hook.CodeUnavailable, "is not UTF-8")
	w.refuses(caller, hook.SecretGet, `{"name":"moved"}`, hook.CodeUnavailable, "cannot be opened")
	for _, name := range []string{"", " ", "a b", "../x", "api-key; rm", strings.Repeat("n", 65)} {
		w.refuses(caller, hook.SecretGet, `{"name":"`+name+`"}`, hook.CodeInvalidRequest, "is no name of a secret")
	}
}

// TestSecretOfTheVault holds that both sides name the purpose alike.
func TestSecretOfTheVault(t *testing.T) {
	w := newWorld(t)
	caller := w.caller("secret.get a")
	w.secret(caller, "a", "x")
	caller.Secrets = []core.PluginSecret{{Name: "a", Sealed: caller.Secrets[0].Sealed}, {Name: "b", Sealed: caller.Secrets[0].Sealed}}
	caller.Grants = append(caller.Grants, core.PluginGrant{Capability: hook.SecretGet, Target: "b"})
	w.does(caller, hook.SecretGet, `{"name":"a"}`, `{"value":"x"}`)
	w.refuses(caller, hook.SecretGet, `{"name":"b"}`, hook.CodeUnavailable, "cannot be opened")
}
