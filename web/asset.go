package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// AssetsPrefix is the path under which [Pages.Assets] is mounted.
const AssetsPrefix = "/assets/"

//go:embed assets
var assetFiles embed.FS

// contentTypes are written out, because package mime asks the operating system,
// which does not always know.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".avif": "image/avif", ".gif": "image/gif",
	".ico": "image/x-icon", ".woff2": "font/woff2",
}

// assets are the embedded files. Their common prefix holds a hash over all of
// them: a page of this build never meets the stylesheet of another, the files may
// be cached for ever, and a relative url() in the stylesheet finds its file.
type assets struct {
	prefix string // "/assets/1f0c.../"
	files  map[string][]byte
}

func loadAssets() (*assets, error) {
	found := &assets{files: map[string][]byte{}}
	sum := sha256.New()
	entries, err := fs.ReadDir(assetFiles, "assets") // sorted by name
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		content, err := fs.ReadFile(assetFiles, path.Join("assets", entry.Name()))
		if err != nil {
			return nil, err
		}
		if contentTypes[path.Ext(entry.Name())] == "" {
			return nil, fmt.Errorf("%s has no content type", entry.Name())
		}
		found.files[entry.Name()] = content
		fmt.Fprintf(sum, "%s %d\n%s", entry.Name(), len(content), content)
	}
	found.prefix = AssetsPrefix + hex.EncodeToString(sum.Sum(nil)[:8]) + "/"
	return found, nil
}

// url is the path of the asset, for templates.
func (a *assets) url(name string) (string, error) {
	if _, exists := a.files[name]; !exists {
		return "", fmt.Errorf("no asset %q", name)
	}
	return a.prefix + name, nil
}

// find gives the file of exactly this path, nil if there is none. There is nothing to
// traverse: a path is a key of a map or it is nothing.
func (p *Pages) find(path string) (name string, content []byte) {
	if name, ours := strings.CutPrefix(path, p.assets.prefix); ours {
		if content, exists := p.assets.files[name]; exists {
			return name, content
		}
		return name, painted(name)
	}
	if themes := p.themes.Load(); themes != nil {
		for _, theme := range *themes {
			if name, its := strings.CutPrefix(path, theme.prefix); its && theme.files[name] != nil {
				return name, theme.files[name]
			}
		}
	}
	return "", nil
}

func (p *Pages) serveAsset(w http.ResponseWriter, r *http.Request) {
	name, content := p.find(r.URL.Path)
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	switch {
	case content == nil:
		header.Set("Cache-Control", "no-store")
		http.Error(w, "There is no such file.", http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
	default:
		header.Set("Content-Type", contentTypes[path.Ext(name)])
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		// An SVG opened by itself is a document: it gets no rights.
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	}
}
