package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxKept is the size in bytes of a file of the folder.
const maxKept = 64 << 10

// Folder is where sign-ins are kept, a file for each server that only its owner may read.
type Folder string

// UserFolder is that of the operating system's user.
func UserFolder() (Folder, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", &Error{What: "this user has no folder for configuration: " + err.Error(), Advice: "set HOME or XDG_CONFIG_HOME, or use an API token in POSTERN_TOKEN", Err: err}
	}
	return Folder(filepath.Join(dir, "postern", "servers")), nil
}

// Kept is a sign-in at a server.
type Kept struct {
	Server string `json:"server"`
	Name   string `json:"name"` // of who signed in
	Tokens
}

func (f Folder) file(server string) string {
	return filepath.Join(string(f), url.PathEscape(server)+".json")
}

// Load reads the sign-in at a server. Errors are of type [*Error]; [fs.ErrNotExist] is the
// cause if nobody signed in.
func (f Folder) Load(server string) (*Kept, error) {
	name := f.file(server)
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{What: "you are not signed in at " + server, Advice: "run 'postern login " + server + "', or give an API token in POSTERN_TOKEN", Err: err}
	}
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, &Error{What: "others may read " + name + ", which lets whoever has it administer " + server, Advice: "run 'chmod 600 " + name + "', and sign in anew if you do not know who read it"}
	}
	content, err := io.ReadAll(io.LimitReader(file, maxKept))
	if err != nil {
		return nil, unreadable(name, err)
	}
	var kept Kept
	if json.Unmarshal(content, &kept) != nil || kept.Server != server || kept.Access == "" {
		return nil, &Error{What: name + " is not what 'postern login' wrote", Advice: "run 'postern login " + server + "' again"}
	}
	return &kept, nil
}

func unreadable(name string, err error) error {
	return &Error{What: fmt.Sprintf("cannot read %s: %s", name, cause(err)), Advice: "check that this user may read it", Err: err}
}

// cause gives the last word of an error on a file, which names the file itself.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// Save keeps a sign-in, in place of an earlier one at the same server.
func (f Folder) Save(kept *Kept) error {
	name := f.file(kept.Server)
	content, err := json.Marshal(kept)
	if err == nil {
		err = os.MkdirAll(string(f), 0o700)
	}
	if err == nil {
		err = replace(name, content)
	}
	if err != nil {
		return &Error{What: fmt.Sprintf("cannot write %s: %s", name, cause(err)), Advice: "check that this user may write there, and that there is room", Err: err}
	}
	return nil
}

// replace writes a file in one step, for its owner alone.
func replace(name string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// Delete forgets the sign-in at a server.
func (f Folder) Delete(server string) error {
	err := os.Remove(f.file(server))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &Error{What: fmt.Sprintf("cannot delete %s: %s", f.file(server), cause(err)), Advice: "delete it yourself", Err: err}
	}
	return nil
}

// Servers lists where somebody signed in.
func (f Folder) Servers() ([]string, error) {
	entries, err := os.ReadDir(string(f))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(string(f), err)
	}
	var servers []string
	for _, entry := range entries {
		name, is := strings.CutSuffix(entry.Name(), ".json")
		if server, err := url.PathUnescape(name); is && err == nil {
			servers = append(servers, server)
		}
	}
	return servers, nil
}
