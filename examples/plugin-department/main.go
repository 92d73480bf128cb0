package main

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

var module = postern.Register(postern.Plugin{
	Manifest: hook.Manifest{ID: "department", Version: "1.0.0", Description: "Adds the department."},
	Claims: func(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
		department, _ := in.User.Attributes.Get("department")
		return &hook.ClaimsOutput{Set: hook.Object{{Name: "department", Value: department}}}, nil
	},
})

func main() {}
