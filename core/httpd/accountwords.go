package httpd

import (
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/flow"
)

// What was done, for the page that comes next.
const (
	noteProfile   flow.NoteKind = "profile"
	notePicture   flow.NoteKind = "picture"
	noteNoPicture flow.NoteKind = "no_picture"
	noteSettings  flow.NoteKind = "settings"
	noteRenamed   flow.NoteKind = "renamed"
	noteRemoved   flow.NoteKind = "removed"
	noteAdded     flow.NoteKind = "added"
	notePassword  flow.NoteKind = "password"
	noteForgotten flow.NoteKind = "forgotten"
	noteEnded     flow.NoteKind = "ended"
	noteOthersOut flow.NoteKind = "others_ended"
	noteWithdrawn flow.NoteKind = "withdrawn"
	noteCodes     flow.NoteKind = "codes"
)

// noteText says what was done just now; nothing was for nil.
func (s *Server) noteText(c echo.Context, v *visitor, note *flow.Note) (string, error) {
	if note == nil {
		return "", nil
	}
	keys := map[flow.NoteKind]string{
		noteProfile: "notice.profile", notePicture: "notice.picture", noteNoPicture: "notice.no_picture", noteSettings: "notice.settings",
		noteRenamed: "notice.renamed", noteRemoved: "notice.removed", noteAdded: "notice.added", notePassword: "notice.password",
		noteForgotten: "notice.forgotten", noteEnded: "notice.ended", noteOthersOut: "notice.others_ended", noteWithdrawn: "notice.withdrawn",
		noteCodes:       "notice.codes",
		flow.NoteLinked: "notice.linked", flow.NoteUnlinked: "notice.unlinked", flow.NoteCancelled: "notice.cancelled",
	}
	key, known := keys[note.Kind]
	if !known {
		return "", nil
	}
	switch note.Kind {
	case flow.NoteLinked, flow.NoteUnlinked, flow.NoteCancelled:
		home, err := s.Flow.Home(c.Request().Context(), browser(c))
		if err != nil || home == nil {
			return "", err
		}
		return s.say(c, key, "provider", home.Title(note.About)), nil
	}
	return s.say(c, key), nil
}

// refusedText says why the account stays as it is; empty for what is no refusal.
func (s *Server) refusedText(c echo.Context, err error) string {
	if refused, ok := errors.AsType[*account.RefusedError](err); ok {
		return s.say(c, map[account.Refusal]string{
			account.RefusedKept: "refused.kept", account.RefusedLast: "refused.last_way_in", account.RefusedRequired: "refused.required",
			account.RefusedAdministrator: "refused.last_administrator", account.RefusedLimit: "refused.limit",
			account.RefusedStale: "refused.stale", account.RefusedMail: "refused.mail", account.RefusedMeanwhile: "refused.meanwhile",
		}[refused.Kind])
	}
	if refused, ok := errors.AsType[*core.SignInRefused](err); ok {
		if refused.Kind == core.SignInBusy || errors.Is(err, authn.ErrBusy) {
			return s.say(c, "refused.busy")
		}
		return s.say(c, "refused.wait")
	}
	if errors.Is(err, authn.ErrBusy) {
		return s.say(c, "refused.busy")
	}
	return ""
}

// fieldTexts words the mistakes of a form by the names of its fields; names are those that
// differ from what package account calls them.
func (s *Server) fieldTexts(c echo.Context, wrong *account.InvalidError, names map[string]string) map[string]string {
	problems := map[string]string{}
	for _, p := range wrong.Problems {
		name := p.Field
		if other, differs := names[name]; differs {
			name = other
		}
		if problems[name] == "" {
			problems[name] = fieldText(s.locale(c), p)
		}
	}
	return problems
}
