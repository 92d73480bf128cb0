package rest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/postern-id/postern/sdk/api"
)

// advice says what whoever meets a kind of problem does about it.
func advice() map[string]string {
	return map[string]string{
		api.ProblemInvalid:      "The members of errors say what is wrong with which member of the request. Nothing was changed.",
		api.ProblemMalformed:    "A part of the request has another form than the document of the API says: no JSON, a member twice, a parameter twice, a cursor of another list. Nothing was changed.",
		api.ProblemUnauthorized: "Send an API token, or an access token with the scope postern:administration, as 'Authorization: Bearer TOKEN'. The token may have expired or been revoked, or its holder may have been disabled.",
		api.ProblemDenied:       "The roles of the token's holder, or the permissions of the token, do not allow this. The detail names the permission.",
		api.ProblemMissing:      "There is no such thing, or it belongs to an organisation in which the holder of the token has no role.",
		api.ProblemMethod:       "The header Allow has the methods that the path takes.",
		api.ProblemConflict:     "Read the object again, then decide anew.",
		api.ProblemManaged:      "A file manages the object: it is changed there, and applied. The member managed says which file. An owner of the server may let go of the object, see the operation release.",
		api.ProblemStale:        "If-Match did not name the version that the object has now. Read the object again, make the change on what is there now, and send the new ETag.",
		api.ProblemLarge:        "The document of the API says nothing of such large bodies: leave out what is not needed.",
		api.ProblemType:         "Send application/json, or what the detail names.",
		api.ProblemLimit:        "Delete what is not needed any more.",
		api.ProblemCarriedOut:   "The server stopped behind the change and before the answer. Read what the request was about: what is missing there was not done. The same key never carries it out again; send what is left to be done with another one.",
		api.ProblemBusy:         "Wait for the answer to the first request, and send it again with the same key: if the first one was broken off before anything was changed, it is carried out then.",
		api.ProblemReused:       "Use a new Idempotency-Key for each request that is not a repetition.",
		api.ProblemThrottled:    "Wait as long as the header Retry-After says.",
		api.ProblemFailed:       "The log of the server has the cause, under the reference in instance.",
		api.ProblemUnavailable:  "Wait as long as the header Retry-After says, and try again.",
		api.ProblemSlow:         "Send the request again over a better line.",
	}
}

// Problems explains the kinds of problems, below [PathProblems].
func Problems() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(strings.TrimPrefix(r.URL.Path, PathProblems), "/")
		text := explained(name)
		status := http.StatusOK
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			text, status = "This address is to be read.\n", http.StatusMethodNotAllowed
		case text == "":
			text, status = "There is no such kind of problem.\n", http.StatusNotFound
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, text)
	})
}

// explained gives the text about a kind of problem, or about all of them.
func explained(name string) string {
	if title, known := titles()[name]; known {
		return title + ".\n\n" + advice()[name] + "\n"
	}
	if name != "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("The problems of the REST API (RFC 9457).\n\n")
	for _, kind := range sortedNames(titles()) {
		fmt.Fprintf(&b, "%s/%s: %s.\n", PathProblems, kind, titles()[kind])
	}
	return b.String()
}
