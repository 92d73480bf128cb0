package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/jmespath-community/go-jmespath"
	"golang.org/x/oauth2"
	"gopkg.in/ini.v1"
)

// grafana reads the section [auth.generic_oauth], signs in with PKCE, and takes from the ID
// token what the paths of the section say.
func grafana(file, root string) error {
	config, err := ini.Load(file)
	if err != nil {
		return err
	}
	section := config.Section("auth.generic_oauth")
	if !section.Key("enabled").MustBool() || !section.Key("use_pkce").MustBool() {
		return fmt.Errorf("it is not enabled, or has no PKCE")
	}
	client := oauth2.Config{
		ClientID: section.Key("client_id").String(), ClientSecret: section.Key("client_secret").String(), RedirectURL: root + "/login/generic_oauth",
		Scopes:   strings.Fields(section.Key("scopes").String()),
		Endpoint: oauth2.Endpoint{AuthURL: section.Key("auth_url").String(), TokenURL: section.Key("token_url").String()},
	}
	verifier := oauth2.GenerateVerifier()
	answer, err := comeBack(client.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
	if err != nil {
		return err
	}
	token, err := client.Exchange(context.Background(), answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return err
	}
	claims, err := claimsOf(token)
	if err != nil {
		return err
	}
	told := map[string]any{"refreshes": token.RefreshToken != "", "signout": section.Key("signout_redirect_url").String()}
	for _, name := range []string{"login", "name", "email", "groups", "role"} {
		if told[name], err = jmespath.Search(section.Key(name+"_attribute_path").String(), claims); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(told)
}

func claimsOf(token *oauth2.Token) (claims any, err error) {
	text, _ := token.Extra("id_token").(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("there is no ID token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	return claims, json.Unmarshal(payload, &claims)
}
