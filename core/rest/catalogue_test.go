package rest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/rest"
)

// catalogue has one shipped plugin, with which people sign in, and knows one module.
type catalogue struct{ w *world }

const moduleText = "\x00asm module"

func shipped() admin.Plugin {
	return admin.Plugin{
		ID: "oidc", Version: "1.0.0", Description: "sign in by OpenID Connect", Module: core.BuiltinModule, HostAPI: 1, Hooks: []string{core.HookLogin},
		Capabilities: []core.PluginWish{{Name: "oidc.exchange", Reason: "to sign people in"}},
		Secrets:      []core.PluginSecretWish{{Name: "client_secret", Description: "of the client there"}},
		Settings:     []byte(`{"type":"object"}`), Manifest: []byte(`{"id":"oidc"}`),
		Presets: []admin.PluginPreset{{Name: "okta", Title: "Okta (issuer)", Settings: []byte(`{"scopes":["openid"]}`)}},
	}
}

func mapper(module string) admin.Plugin {
	return admin.Plugin{
		ID: "mapper", Version: "2.1.0", Module: module, HostAPI: 1, Hooks: []string{core.HookClaims}, Settings: []byte(`{}`), Manifest: []byte(`{"id":"mapper"}`),
		Capabilities: []core.PluginWish{{Name: "clock", Optional: true}},
	}
}

func (c catalogue) Plugins(ctx context.Context) ([]admin.Plugin, error) {
	config, err := c.w.store.Plugins(ctx)
	if err != nil {
		return nil, err
	}
	all := []admin.Plugin{shipped()}
	for _, module := range config.Modules {
		all = append(all, mapper(module.Digest))
	}
	return all, nil
}

func (c catalogue) ValidateSettings(_ context.Context, _, _ string, settings []byte) error {
	if bytes.Contains(settings, []byte("wrong")) {
		return errors.New("wrong is no member")
	}
	return nil
}

func (c catalogue) Examine(_ context.Context, code []byte) ([]admin.Plugin, error) {
	if string(code) != moduleText {
		return nil, errors.New("it is no WebAssembly")
	}
	return []admin.Plugin{mapper(fmt.Sprintf("%x", sha256.Sum256(code)))}, nil
}

// Preview answers what it is asked.
func (c catalogue) Preview(_ context.Context, plugin *admin.Plugin, input admin.Preview, _ core.PluginLimits) (*admin.Previewed, error) {
	if bytes.Contains(input.Input, []byte("wrong")) {
		return nil, &admin.PreviewError{Field: "input", Text: "the message has a member wrong"}
	}
	return &admin.Previewed{
		Plugin: plugin.ID, Module: plugin.Module, Output: input.Input, Log: "hello", Fuel: 7, Memory: 1 << 16, Took: 1500e3,
		Calls: []admin.PreviewCall{{Capability: "clock", Request: []byte(`{}`)}},
	}, nil
}

// Uploaded takes the word "signed" for a signature.
func (c catalogue) Uploaded(code, signature []byte, source string) (admin.Install, error) {
	input := admin.Install{Code: code, Source: source, Remote: true, Unproven: "it has no signature"}
	switch string(signature) {
	case "":
	case "signed":
		input.Signed, input.Signer = true, "us"
	default:
		return input, &admin.InvalidError{Problems: []admin.Problem{{Field: "signature", Text: "the signature is not of this module"}}}
	}
	return input, nil
}

type sealer struct{}

func (sealer) Seal(plaintext []byte, purpose string) []byte {
	return append([]byte("sealed for "+purpose+": "), plaintext...)
}

// keys makes keys that sign nothing.
type keys struct{ w *world }

func (k keys) NewKey(_ context.Context, alg string) (*core.SigningKey, error) {
	return &core.SigningKey{ID: string(k.w.newID()), Alg: alg, PublicJWK: []byte(`{}`), Sealed: []byte("SEALED"), CreatedAt: k.w.now}, nil
}

// answersSpy looks at what is kept.
type answersSpy struct {
	rest.Answers
	rows []core.Answered
}

func (s *answersSpy) Answered(ctx context.Context, key core.Hash) (*core.Answered, error) {
	row, err := s.Answers.Answered(ctx, key)
	if err == nil {
		s.rows = append(s.rows, *row)
	}
	return row, err
}
