package login_test

import (
	"errors"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core/remote/login"
)

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

func newFolder(t *testing.T) login.Folder {
	t.Helper()
	return login.Folder(filepath.Join(t.TempDir(), "postern", "servers"))
}

func TestFolder(t *testing.T) {
	folder := newFolder(t)
	const server, other = "https://id.example.org", "http://localhost:8000/a"
	_, err := folder.Load(server)
	wantError(t, err, "not signed in at "+server, "postern login "+server)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	kept := &login.Kept{Server: server, Name: "ada", Tokens: login.Tokens{Access: accessToken, Refresh: refreshToken, ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	for range 2 { // the second time in place of the first
		if err := folder.Save(kept); err != nil {
			t.Fatal(err)
		}
	}
	if err := folder.Save(&login.Kept{Server: other, Tokens: login.Tokens{Access: "x"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := folder.Load(server); err != nil || *got != *kept {
		t.Errorf("got %+v, %v", got, err)
	}
	if servers, err := folder.Servers(); err != nil || !slices.Equal(servers, []string{other, server}) {
		t.Errorf("got %v, %v", servers, err)
	}
	if runtime.GOOS != "windows" {
		wantMode(t, string(folder), 0o700)
		for _, file := range files(t, folder) {
			wantMode(t, file, 0o600)
		}
	}
	for range 2 { // what is not there need not be deleted
		if err := folder.Delete(server); err != nil {
			t.Error(err)
		}
	}
	if _, err := folder.Load(server); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func files(t *testing.T, folder login.Folder) []string {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(string(folder), "*"))
	if err != nil || len(entries) == 0 {
		t.Fatalf("%v, %v", entries, err)
	}
	return entries
}

func wantMode(t *testing.T, file string, want fs.FileMode) {
	t.Helper()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v", file, info.Mode(), err)
	}
}

func TestFolderRefuses(t *testing.T) {
	const server = "https://id.example.org"
	for name, test := range map[string]struct {
		content      string
		mode         fs.FileMode
		what, advice string
	}{
		"open to others": {`{"server":"` + server + `","access_token":"` + accessToken + `"}`, 0o640, "others may read", "chmod 600"},
		"other server":   {`{"server":"https://evil.example","access_token":"` + accessToken + `"}`, 0o600, "is not what", "postern login " + server},
		"no token":       {`{"server":"` + server + `"}`, 0o600, "is not what", "postern login"},
		"no document":    {`hello`, 0o600, "is not what", "postern login"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && test.mode != 0o600 {
				t.Skip("no such modes")
			}
			folder := newFolder(t)
			if err := folder.Save(&login.Kept{Server: server}); err != nil {
				t.Fatal(err)
			}
			file := files(t, folder)[0]
			if err := errors.Join(os.WriteFile(file, []byte(test.content), test.mode), os.Chmod(file, test.mode)); err != nil {
				t.Fatal(err)
			}
			_, err := folder.Load(server)
			wantError(t, err, test.what, test.advice)
		})
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantError(t, login.Folder(filepath.Join(blocked, "servers")).Save(&login.Kept{Server: server}), "cannot write", "room")
}

func TestUserFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have other places")
	}
	t.Setenv("XDG_CONFIG_HOME", "/nowhere")
	if got, err := login.UserFolder(); err != nil || got != "/nowhere/postern/servers" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "")
	_, err := login.UserFolder()
	wantError(t, err, "no folder for configuration", "POSTERN_TOKEN")
}
