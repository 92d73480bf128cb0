package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/managed"
)

// applyFiles applies the files that the configuration names. If anything is wrong in one of
// them nothing is done, and the error says all of it, with its lines. What they do not say
// any more is released, never deleted: nobody is there to be asked.
func (a *App) applyFiles(ctx context.Context) error {
	if len(a.Config.Apply) == 0 {
		return nil
	}
	files := make([]managed.File, len(a.Config.Apply))
	for i, name := range a.Config.Apply {
		data, err := os.ReadFile(name)
		if err == nil && len(data) > managed.MaxFile {
			err = fmt.Errorf("%s has more than %d MiB", name, managed.MaxFile>>20)
		}
		if err != nil {
			return fmt.Errorf("apply: %w", err)
		}
		files[i] = managed.File{Name: name, Data: data}
	}
	read, err := managed.Read(files, managed.Secrets{ReadFile: os.ReadFile, Env: os.LookupEnv})
	if err != nil {
		return err
	}
	report, err := a.Admin.Apply(ctx, admin.Actor{Name: admin.ActorApply}, read.Declarations, admin.ApplyOptions{})
	if report != nil {
		a.logApplied(report)
	}
	return read.Explain(err)
}

// logApplied says what was done, and of nothing what was as it should be.
func (a *App) logApplied(report *admin.ApplyReport) {
	for i := range report.Rows {
		row := &report.Rows[i]
		if row.Result == admin.ApplyUnchanged {
			continue
		}
		a.logger.Info("applied", slog.String("source", row.Source), slog.String("result", string(row.Result)), slog.String("kind", row.Kind.Noun()), slog.String("name", row.Name), slog.String("organisation", row.Org))
		if row.Secret != "" {
			a.logger.Warn("the new application has a secret that nobody has seen: give one in the file, or make another with 'postern client rotate-secret'", slog.String("client_id", row.ID))
		}
	}
	a.logger.Info("the files were applied", slog.Int("objects", len(report.Rows)), slog.Int("unchanged", report.Count(admin.ApplyUnchanged)))
}
