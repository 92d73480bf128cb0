package app

import (
	"log/slog"
	"os"

	"github.com/postern-id/postern/web"
)

func (a *App) newPages() (*web.Pages, error) {
	pages, err := web.New()
	if err != nil {
		return nil, err
	}
	pages.Trouble = func(err error) { a.logger.Error("a page is shown without its theme", slog.Any("cause", err)) }
	a.loadThemes(pages)
	return pages, nil
}

// loadThemes reads the templates of organisations. What is broken is told to the operator,
// and people see our pages: nobody must be kept from signing in by a template.
func (a *App) loadThemes(pages *web.Pages) {
	if a.Config.ThemesDir == "" {
		return
	}
	if err := pages.LoadThemes(os.DirFS(a.Config.ThemesDir)); err != nil {
		a.logger.Error("a theme is not used", slog.String("directory", a.Config.ThemesDir), slog.Any("cause", err))
	}
}
