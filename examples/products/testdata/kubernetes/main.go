// Command kubernetes does with an ID token what kube-apiserver does, with the same code:
// it reads the configuration, asks the issuer for its keys, and says who it is. The
// token comes on standard input.
//
//	kubernetes --authentication-config FILE
//	kubernetes --oidc-issuer-url URL --oidc-client-id ID ...
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/apis/apiserver/install"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	config, err := configuration(args)
	if err != nil {
		return err
	}
	if err := validation.ValidateAuthenticationConfiguration(cel.NewDefaultCompiler(), config, nil).ToAggregate(); err != nil {
		return err
	}
	token, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return authenticate(ctx, config.JWT[0], strings.TrimSpace(string(token)))
}

// configuration reads the file, or takes the flags for the same.
func configuration(args []string) (*apiserver.AuthenticationConfiguration, error) {
	flags := pflag.NewFlagSet("kubernetes", pflag.ContinueOnError)
	file := flags.String("authentication-config", "", "")
	var jwt apiserver.JWTAuthenticator
	flags.StringVar(&jwt.Issuer.URL, "oidc-issuer-url", "", "")
	audience := flags.String("oidc-client-id", "", "")
	name, group := &jwt.ClaimMappings.Username, &jwt.ClaimMappings.Groups
	name.Prefix, group.Prefix = new(string), new(string)
	flags.StringVar(&name.Claim, "oidc-username-claim", "sub", "")
	flags.StringVar(name.Prefix, "oidc-username-prefix", "", "")
	flags.StringVar(&group.Claim, "oidc-groups-claim", "", "")
	flags.StringVar(group.Prefix, "oidc-groups-prefix", "", "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	jwt.Issuer.Audiences = []string{*audience}
	if *file == "" {
		return &apiserver.AuthenticationConfiguration{JWT: []apiserver.JWTAuthenticator{jwt}}, nil
	}
	return read(*file)
}

// read is as strict as kube-apiserver: a field that it does not know is an error.
func read(file string) (*apiserver.AuthenticationConfiguration, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	install.Install(scheme)
	object, err := runtime.Decode(serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder(), text)
	if err != nil {
		return nil, err
	}
	config, ok := object.(*apiserver.AuthenticationConfiguration)
	if !ok || len(config.JWT) != 1 {
		return nil, fmt.Errorf("it has a %T, and not one JWT authenticator", object)
	}
	return config, nil
}

func authenticate(ctx context.Context, jwt apiserver.JWTAuthenticator, token string) error {
	authenticator, err := oidc.New(ctx, oidc.Options{JWTAuthenticator: jwt, SupportedSigningAlgs: oidc.AllValidSigningAlgorithms()})
	if err != nil {
		return err
	}
	for authenticator.HealthCheck() != nil {
		select {
		case <-ctx.Done():
			return authenticator.HealthCheck()
		case <-time.After(50 * time.Millisecond):
		}
	}
	response, ok, err := authenticator.AuthenticateToken(ctx, token)
	if err != nil || !ok {
		return errors.Join(errors.New("the token is nobody's"), err)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"user": response.User.GetName(), "groups": response.User.GetGroups()})
}
