package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/postern-id/postern/core/place"
	"github.com/postern-id/postern/sdk/hook"
)

// Placed says of an error of hook's parsers in which member of a text the parser
// stopped, and shows what stands there. What is the name of the text. It is for a
// plugin's author: the text may be personal.
func Placed(text []byte, what string, err error) error {
	wrong, ok := errors.AsType[*hook.ParseError](err)
	if !ok {
		return err
	}
	const most = 40 // bytes that are shown
	rest := text[min(wrong.Offset, len(text)):]
	there := "there stands " + strings.ToValidUTF8(string(rest[:min(most, len(rest))]), "\uFFFD")
	if len(rest) == 0 {
		there = "there it ends"
	}
	if what += place.Member(text, wrong.Offset); what != "" {
		what += ": "
	}
	return fmt.Errorf("%s%w (%s)", what, err, there)
}
