// Command staff is a connector that checks passwords: everybody in it has the same.
package main

import (
	"errors"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{
	Manifest: hook.Manifest{ID: "staff", Version: "1.0.0", Description: "Checks passwords.", Settings: settings()},
	Password: check,
})

func main() {}

func settings() hook.Value {
	v, err := hook.Parse([]byte(`{"type":"object","additionalProperties":false}`))
	if err != nil {
		panic(err)
	}
	return v
}

// check fails about nobody, as a directory does that is down.
func check(in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	postern.Log("asked about " + in.Name)
	switch {
	case in.Name == "nobody":
		return nil, errors.New("the directory is down")
	case in.Password != "password of the staff":
		return &hook.PasswordOutput{Deny: true, Reason: "wrong"}, nil
	}
	return &hook.PasswordOutput{Identity: &hook.Identity{
		Subject: "staff-" + in.Name, Name: in.Name, Email: in.Name + "@staff.example", EmailVerified: true, DisplayName: "One of the staff",
	}}, nil
}
