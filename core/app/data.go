package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/vault"
)

// DataError says what is wrong with the data directory, and what to do.
type DataError struct {
	What   string
	Advice string
	Err    error // the cause, or nil
}

func (e *DataError) Error() string { return e.What }

func (e *DataError) Unwrap() error { return e.Err }

// Hint is what the operator can do.
func (e *DataError) Hint() string { return e.Advice }

// checkEmptied refuses a database without content where a server worked before: a
// broken copy or file system left it so, and to begin anew would hide that
// everything is gone.
func checkEmptied(cfg config.Config) error {
	name := filepath.Join(cfg.Data, databaseFile)
	database, err := os.Stat(name)
	if err != nil || database.Size() > 0 {
		return nil // the store says what is wrong
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, config.IssuerFile)); err != nil {
		return nil // a first start that was interrupted
	}
	return &DataError{
		What:   "the database " + name + " is empty, but a server used it before",
		Advice: "restore it from a backup, or delete it to start anew",
	}
}

// openVault opens the master key. One that is missing is made only while there is
// nothing that it would have to decrypt.
func (a *App) openVault(ctx context.Context) error {
	name := filepath.Join(a.Config.Data, vault.FileName)
	if _, err := os.Stat(name); a.Config.MasterKey == "" && errors.Is(err, fs.ErrNotExist) {
		keys, err := a.Store.SigningKeys(ctx)
		if err != nil {
			return fmt.Errorf("read the signing keys: %w", err)
		}
		if len(keys) > 0 {
			return &DataError{
				What:   "the master key " + name + " is missing, and the database holds what it encrypted",
				Advice: "restore the file from a backup, or give the key in POSTERN_MASTER_KEY",
			}
		}
	}
	opened, err := vault.Open(a.Config.Data, a.Config.MasterKey)
	a.vault = opened
	return err
}

// wrongKey says that the vault is not the one that the database was used with.
func wrongKey(kid string, err error) error {
	return &DataError{
		What:   "the master key is not the one that this database was used with: signing key " + kid + " cannot be decrypted",
		Advice: "give the right one: master.key in the data directory, or POSTERN_MASTER_KEY; your backup has it",
		Err:    err,
	}
}

// noteIssuer keeps the issuer for the commands, and for a start that is given
// none. The file is replaced in one step, and only if that changes something: a
// server that is killed meanwhile must not forget who it is.
func (a *App) noteIssuer() (err error) {
	name, text := filepath.Join(a.Config.Data, config.IssuerFile), a.Config.Issuer+"\n"
	if noted, err := os.ReadFile(name); err == nil && string(noted) == text {
		return nil
	}
	defer func() {
		if err != nil {
			err = &DataError{
				What: "cannot note the issuer: " + err.Error(), Err: err,
				Advice: "check that the data directory has room, and that this user may write to it and to " + name,
			}
		}
	}()
	file, err := os.CreateTemp(a.Config.Data, config.IssuerFile+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}
