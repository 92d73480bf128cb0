package document

import (
	"errors"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Mapping says at which paths of a document a person is. An empty path takes nothing.
type Mapping struct {
	// Subject is where the person's own name is, that never changes and is never given to
	// somebody else: a string or an integer. It must be there.
	Subject                string
	Name                   string
	Email                  string
	EmailVerified          string // a boolean
	DisplayName            string
	GivenName              string
	FamilyName             string
	Picture, Locale, Phone string
	Groups                 string // strings
	// Attributes are paths by the name of the attribute.
	Attributes hook.Object
	// TrustEmail takes an address for verified of which the document does not say that it
	// is not: the operator knows that the service verifies all that it has.
	TrustEmail bool
}

// PathNames are the members of an object in settings that is read by [ReadMapping].
var PathNames = [...]string{"subject", "name", "email", "email_verified", "display_name", "given_name", "family_name", "picture", "locale", "phone", "groups"}

// ReadMapping reads a mapping from settings: each of [PathNames] with its path.
func ReadMapping(o hook.Object) Mapping {
	path := func(name string) string { v, _ := o.Get(name); return v.Text() }
	return Mapping{
		Subject: path("subject"), Name: path("name"), Email: path("email"), EmailVerified: path("email_verified"), DisplayName: path("display_name"),
		GivenName: path("given_name"), FamilyName: path("family_name"), Picture: path("picture"), Locale: path("locale"), Phone: path("phone"), Groups: path("groups"),
	}
}

// PathsSchema is the schema of such an object, in JSON. required says which of its members
// must be there, as they are put between brackets.
func PathsSchema(required string) string {
	text := `{
		"description": "Where in the answer what is: names with points between them, such as data.user.id; a number for an element of an array, * for all.",
		"type": "object", "additionalProperties": false, "required": [` + required + `], "properties": {`
	for i, name := range PathNames {
		if i > 0 {
			text += ","
		}
		text += `"` + name + `": {"type": "string", "minLength": 1, "maxLength": 255}`
	}
	return text + `}}`
}

// Identity makes an identity of what a document says. Whose names the document in errors.
func (m *Mapping) Identity(v hook.Value, whose string) (*hook.Identity, error) {
	subject, err := m.subject(v, whose)
	if err != nil {
		return nil, err
	}
	i := &hook.Identity{
		Subject: subject, Name: Text(v, m.Name), Email: Text(v, m.Email), DisplayName: Text(v, m.DisplayName), GivenName: Text(v, m.GivenName),
		FamilyName: Text(v, m.FamilyName), Locale: Text(v, m.Locale), Phone: Text(v, m.Phone), Groups: Texts(v, m.Groups),
	}
	i.EmailVerified = i.Email != "" && m.verified(v)
	if picture := Text(v, m.Picture); strings.HasPrefix(picture, "https://") {
		i.Picture = picture
	}
	for _, attribute := range m.Attributes {
		found, _ := At(v, attribute.Value.Text())
		if text := found.Text(); text != "" && isPlain(text) { // a number is as it is written
			i.Attributes.Set(attribute.Name, hook.String(text))
		}
	}
	return i, nil
}

// verified believes the boolean true and nothing else, where something is said.
func (m *Mapping) verified(v hook.Value) bool {
	if m.EmailVerified != "" {
		if said, ok := At(v, m.EmailVerified); ok {
			return said.Bool()
		}
	}
	return m.TrustEmail
}

// subject gives a string or an integer as text. What services write where they know no
// person is the same for everybody, and so nobody's name.
func (m *Mapping) subject(v hook.Value, whose string) (string, error) {
	found, ok := At(v, m.Subject)
	switch {
	case m.Subject == "" || !ok:
		return "", errors.New(whose + " has nothing at " + m.Subject + ", which is to be the subject")
	case found.Kind() == hook.KindNumber && isInteger(found.Text()):
	case found.Kind() == hook.KindString && isPlain(found.Text()):
	default:
		return "", errors.New("what " + whose + " has at " + m.Subject + " is neither a text nor a whole number, and cannot be the subject")
	}
	text := found.Text()
	switch Fold(strings.TrimSpace(text)) {
	case "", "0", "null", "nil", "none", "undefined", "nan", "unknown", "anonymous", "true", "false", "[object object]":
		return "", errors.New("what " + whose + " has at " + m.Subject + " is nobody's name: " + Remark(text))
	}
	return text, nil
}

// isInteger reports whether a number is written with digits alone. Of 1, 1.0 and 1e0 one
// is as good as another to read, but as a name they are three.
func isInteger(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' })
}

// maxKept is how much of a document goes on to claims.map/v1, in bytes of JSON: a little
// less than the host keeps.
const maxKept = 15 << 10

// Keep gives the members of an object for claims.map/v1, without those for which there is
// no room.
func Keep(o hook.Object) hook.Object {
	var kept hook.Object
	room := maxKept
	for _, member := range o {
		if size := len((hook.Object{member}).AppendJSON(nil)); size <= room {
			room -= size
			kept = append(kept, member)
		}
	}
	return kept
}
