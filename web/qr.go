package web

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// quiet is the blank edge around a QR code, in modules (ISO/IEC 18004 section 6.3.8).
const quiet = 4

// drawQR draws a QR code of the text as a drawing that stands in the page. It is black on
// white by day and by night: not all apps read it the other way round. Nothing for a text
// that no code can hold.
func drawQR(text string) template.HTML {
	code, err := qr.Encode(text, qr.M)
	if err != nil || text == "" {
		return ""
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	size := code.Size + 2*quiet
	return template.HTML(fmt.Sprintf(`<svg class="qr" viewBox="0 0 %d %d" width="220" height="220" aria-hidden="true" focusable="false" shape-rendering="crispEdges">`+
		`<path fill="#ffffff" d="M0 0h%dv%dh-%dz"/><path fill="#000000" d="%s"/></svg>`, size, size, size, size, size, path.String()))
}
