// Command pages renders every page, in each of its states, with canned data:
//
//	go run ./web/cmd/pages [-lang de] [-appearance dark] DIR
//
// DIR gets a file for each and an index.html that leads to them.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/postern-id/postern/web"
)

func main() {
	lang := flag.String("lang", "en", "language: "+strings.Join(web.Languages(), ", "))
	appearance := flag.String("appearance", "", "light or dark; without it as the browser says")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: pages [-lang LANGUAGE] [-appearance light|dark] DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *lang, *appearance); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(folder, lang, appearance string) error {
	pages, err := web.New()
	if err != nil {
		return err
	}
	locale := pages.Known(lang)
	if locale == nil {
		return fmt.Errorf("no language %q: there are %s", lang, strings.Join(web.Languages(), ", "))
	}
	if appearance != "" && appearance != "light" && appearance != "dark" {
		return fmt.Errorf("no appearance %q: there are light and dark", appearance)
	}
	if err := pages.WriteStories(folder, web.Look{Locale: locale, Appearance: appearance}); err != nil {
		return err
	}
	fmt.Printf("%d pages: open %s\n", len(web.Stories())+len(web.ConsoleStories()), filepath.Join(folder, "index.html"))
	return nil
}
