package supply

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
)

// Login is who one is at a registry: a user and a password, or one of the tokens
// that a docker config may have. The zero value is nobody.
type Login struct {
	User, Password string
	IdentityToken  string // exchanged for an access token by the registry's token server
	RegistryToken  string // sent as it is
}

// String keeps secrets out of logs.
func (l Login) String() string { return "login of " + l.User }

// GoString keeps them out of %#v.
func (l Login) GoString() string { return l.String() }

// Credentials finds the login for a registry. The host is as in a reference, with
// the port if there is one.
type Credentials func(ctx context.Context, host string) (Login, error)

// StaticLogin is a login for one registry.
func StaticLogin(host string, login Login) Credentials {
	return func(_ context.Context, asked string) (Login, error) {
		if asked != host {
			return Login{}, nil
		}
		return login, nil
	}
}

// DockerConfig reads logins as docker and podman leave them: from the "auths" of
// the file, or, if the file names one, from a credential helper, which is a
// program "docker-credential-..." in PATH. The file is read once, a helper is run
// for each call. If path is empty, it is the file that docker would read
// ($DOCKER_CONFIG/config.json or ~/.docker/config.json), which need not exist.
// Errors are of kind [BadLogin] and never repeat the file or what a helper says.
func DockerConfig(path string) (Credentials, error) {
	if path == "" && homeless() {
		return func(context.Context, string) (Login, error) { return Login{}, nil }, nil
	}
	store, err := openDockerConfig(path)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, host string) (Login, error) {
		found, err := store.Get(ctx, credentials.ServerAddressFromRegistry(host))
		switch {
		case errors.Is(err, exec.ErrNotFound):
			return Login{}, &Error{Kind: BadLogin, What: "the credential helper that " + store.ConfigPath() + " names for " + host + " is not installed",
				Advice: "install it, or give user and password"}
		case err != nil:
			// The library's error may quote what it could not decode.
			return Login{}, &Error{Kind: BadLogin, What: "the login for " + host + " in " + store.ConfigPath() + " cannot be read",
				Advice: "log in again with 'docker login', or give user and password"}
		}
		return Login{User: found.Username, Password: found.Password, IdentityToken: found.RefreshToken, RegistryToken: found.AccessToken}, nil
	}, nil
}

// homeless says that docker itself would not know where to look, as of a service.
func homeless() bool {
	_, err := os.UserHomeDir()
	return err != nil && os.Getenv("DOCKER_CONFIG") == ""
}

func openDockerConfig(path string) (*credentials.DynamicStore, error) {
	if path == "" {
		store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
		if err != nil {
			return nil, badConfig("docker's config.json")
		}
		return store, nil
	}
	// The library takes a missing file for an empty one.
	if _, err := os.Stat(path); err != nil {
		return nil, badConfig(path)
	}
	store, err := credentials.NewStore(path, credentials.StoreOptions{})
	if err != nil {
		return nil, badConfig(path)
	}
	return store, nil
}

func badConfig(path string) error {
	return &Error{Kind: BadLogin, What: "cannot read the logins in " + path,
		Advice: `check that the file is there, that this user may read it, and that it is JSON like {"auths": {"registry.example.org": {"auth": "..."}}}`}
}

// credential hands the login to the library. The library asks for the registry of
// the request only; the guard sees to where the answer goes.
func (s *session) credential(ctx context.Context, _ string) (auth.Credential, error) {
	if s.registry.Credentials == nil {
		return auth.EmptyCredential, nil
	}
	login, err := s.registry.Credentials(ctx, s.ref.Host)
	if err != nil {
		return auth.EmptyCredential, err
	}
	if login != (Login{}) && login.IdentityToken == "" && login.RegistryToken == "" && (login.User == "" || login.Password == "") {
		return auth.EmptyCredential, &Error{Kind: BadLogin, What: "the login for " + s.ref.Host + " has no user or no password", Advice: "give both"}
	}
	s.loggedIn = login != (Login{})
	for _, secret := range []string{login.Password, login.IdentityToken, login.RegistryToken} {
		if secret != "" {
			s.guard.told = append(s.guard.told, secret)
		}
	}
	return auth.Credential{Username: login.User, Password: login.Password, RefreshToken: login.IdentityToken, AccessToken: login.RegistryToken}, nil
}
