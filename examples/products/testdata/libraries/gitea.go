package main

import (
	"encoding/json"
	"os"

	"github.com/markbates/goth/providers/openidConnect"
)

// gitea does what a source of the provider openidConnect does.
func gitea(args []string) error {
	provider, err := openidConnect.New(args[0], args[1], args[3], args[2], args[4:]...)
	if err != nil {
		return err
	}
	session, err := provider.BeginAuth("state")
	if err != nil {
		return err
	}
	request, err := session.GetAuthURL()
	if err != nil {
		return err
	}
	answer, err := comeBack(request)
	if err != nil {
		return err
	}
	if _, err := session.Authorize(provider, answer); err != nil {
		return err
	}
	user, err := provider.FetchUser(session)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(user.RawData)
}
