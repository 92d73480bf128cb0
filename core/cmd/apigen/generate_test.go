package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestCurrent(t *testing.T) {
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "sdk", "api", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("sdk/api/%s is not current: run 'go generate ./sdk/api'", name)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{"list-users": "ListUsers", "id": "ID", "get-api-token": "GetAPIToken", "after": "After"} {
		if got := exported(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	arguments, address := pathArguments("/users/{user}/sessions/{session_id}")
	if len(arguments) != 2 || arguments[1] != "sessionID string" || address != `"/users/" + url.PathEscape(user) + "/sessions/" + url.PathEscape(sessionID)` {
		t.Errorf("%v %s", arguments, address)
	}
	if got := typeOf(schema{Ref: "#/components/schemas/PageUser"}); got != "Page[User]" {
		t.Errorf("a list of users is a %s", got)
	}
}
