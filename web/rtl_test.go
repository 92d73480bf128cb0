package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// boxes gives the sides of everything that is laid out as a box of its own.
const boxes = `Array.from(document.querySelectorAll("body *")).filter((one) => !one.closest("svg, option, noscript") && !getComputedStyle(one).display.startsWith("inline") && one.getClientRects().length > 0).map((one) => {
	const at = one.getBoundingClientRect();
	return {name: one.tagName.toLowerCase() + (one.id && "#" + one.id) + (one.classList.length ? "." + one.classList[0] : ""), left: at.left, right: at.right, width: document.documentElement.clientWidth};
})`

type box struct {
	Name  string  `json:"name"`
	Left  float64 `json:"left"`
	Right float64 `json:"right"`
	Width float64 `json:"width"` // of the window
}

// TestMirrored lays every story out from right to left, with the same words: all of it must
// stand where it would be seen in a mirror.
func TestMirrored(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Parallel()
	b := newTab(t)
	server := serveMirrored(t)
	for _, story := range Stories() {
		for _, width := range []int64{320, 1280} {
			b.size(width)
			b.do(chromedp.Navigate(server.URL + "/ltr/" + story.Name))
			straight := answer[[]box](b, boxes)
			b.do(chromedp.Navigate(server.URL + "/rtl/" + story.Name))
			mirrored := answer[[]box](b, boxes)
			if found := unlike(straight, mirrored); len(found) > 0 {
				t.Errorf("%s, %d pixels:\n\t%s", story.Name, width, strings.Join(found, "\n\t"))
			}
		}
	}
}

// unlike gives the boxes that are not seen in the mirror, but for what words differ in width with their direction.
func unlike(straight, mirrored []box) (found []string) {
	if len(straight) != len(mirrored) || len(straight) == 0 {
		return []string{fmt.Sprintf("%d boxes, and %d in the mirror", len(straight), len(mirrored))}
	}
	for i, one := range straight {
		other := mirrored[i]
		left, right := one.Width-one.Right, one.Width-one.Left
		if max(left-other.Left, other.Left-left, right-other.Right, other.Right-right) > 4 {
			found = append(found, fmt.Sprintf("%s is at %.0f to %.0f, and wants to be at %.0f to %.0f", one.Name, other.Left, other.Right, left, right))
		}
	}
	return found
}

// serveMirrored serves each story in English, from left to right and from right to left.
func serveMirrored(t *testing.T) *httptest.Server {
	t.Helper()
	pages := newPages(t)
	turned := *pages.Known("en")
	turned.Tag, turned.Dir = "ar", "rtl"
	pages.sets[turned.Tag] = sync.OnceValues(func() (templates, error) { return parsePages(pages.assets, &turned, nil) })
	mux := http.NewServeMux()
	mux.Handle(AssetsPrefix, pages.Assets())
	for _, story := range Stories() {
		for way, locale := range map[string]*Locale{"ltr": pages.Known("en"), "rtl": &turned} {
			document := renderAs(t, pages, story.Page, Look{Locale: locale, Here: "/here"})
			mux.HandleFunc("/"+way+"/"+story.Name, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, strings.NewReplacer(`http-equiv="refresh"`, "", "<script", "<template", "</script", "</template").Replace(document))
			})
		}
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestUnlike(t *testing.T) {
	straight := []box{{"a", 10, 30, 100}}
	for _, test := range []struct {
		mirrored []box
		want     int
	}{{[]box{{"a", 70, 90, 100}}, 0}, {[]box{{"a", 73, 88, 100}}, 0}, {[]box{{"a", 10, 30, 100}}, 1}, {[]box{{"a", 75, 90, 100}}, 1}, {nil, 1}} {
		if got := unlike(straight, test.mirrored); len(got) != test.want {
			t.Errorf("%v: %q", test.mirrored, got)
		}
	}
}
