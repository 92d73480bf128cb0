package ldap

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/sdk/hook"
)

// inBase64 stands before a value that the host gives in base64.
const inBase64 = "base64:"

// identify makes an identity of an entry.
func (s *settings) identify(e *hook.LDAPEntry) (*hook.Identity, error) {
	subject, err := subjectOf(e, s.fields.subject)
	if err != nil {
		return nil, err
	}
	f := &s.fields
	identity := &hook.Identity{
		Subject: subject, Name: first(e, f.name), Email: first(e, f.email), DisplayName: first(e, f.displayName),
		GivenName: first(e, f.givenName), FamilyName: first(e, f.familyName), Phone: first(e, f.phone), Locale: first(e, f.locale),
		AMR: []string{"pwd"}, // RFC 8176 section 2
	}
	identity.EmailVerified = s.emailVerified && identity.Email != ""
	if picture := first(e, f.picture); strings.HasPrefix(picture, "https://") {
		identity.Picture = picture
	}
	for _, member := range s.more {
		if value := first(e, member.Value.Text()); value != "" {
			identity.Attributes.Set(member.Name, hook.String(value))
		}
	}
	identity.Claims.Set("dn", hook.String(e.DN))
	return identity, nil
}

// values gives those of an attribute, whose name directories write in their own case.
func values(e *hook.LDAPEntry, attribute string) []string {
	for _, member := range e.Attributes {
		if document.Fold(member.Name) == document.Fold(attribute) {
			return member.Value.Strings()
		}
	}
	return nil
}

// first gives the first value of an attribute that is text; empty if there is none.
func first(e *hook.LDAPEntry, attribute string) string {
	for _, value := range values(e, attribute) {
		if raw, err := bytesOf(value); err == nil && utf8.Valid(raw) && len(raw) > 0 {
			return string(raw)
		}
	}
	return ""
}

func bytesOf(value string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(value, inBase64)
	if !ok {
		return []byte(value), nil
	}
	return base64.StdEncoding.DecodeString(encoded)
}

// subjectOf gives the one value of the attribute that identifies a person. Those of
// Active Directory that are bytes are written as its own tools write them, whether or
// not their bytes happen to be text.
func subjectOf(e *hook.LDAPEntry, attribute string) (string, error) {
	all := values(e, attribute)
	if len(all) != 1 {
		return "", errors.New("the person's entry has " + strconv.Itoa(len(all)) + " values of " + attribute + ", which is to be their subject, and must have one: is it readable for bind_dn?")
	}
	raw, err := bytesOf(all[0])
	if err != nil {
		return "", errors.New("the value of " + attribute + " cannot be read: " + err.Error())
	}
	switch document.Fold(attribute) {
	case "objectguid", "ms-ds-consistencyguid":
		return guid(raw)
	case "objectsid":
		return sid(raw)
	}
	if len(raw) == 0 || !utf8.Valid(raw) {
		return "", errors.New("the value of " + attribute + " is no text: choose another attribute for the subject")
	}
	return string(raw), nil
}

// guid writes 16 bytes as Windows does: the first three numbers have their lowest byte
// first (MS-DTYP section 2.3.4.2).
func guid(raw []byte) (string, error) {
	if len(raw) != 16 {
		return "", errors.New("a GUID has 16 bytes, not " + strconv.Itoa(len(raw)))
	}
	const digits = "0123456789abcdef"
	text := make([]byte, 0, 36)
	for i, from := range [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15} {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, digits[raw[from]>>4], digits[raw[from]&15])
	}
	return string(text), nil
}

// sid writes a security identifier as S-1-5-21-... (MS-DTYP section 2.4.2.1).
func sid(raw []byte) (string, error) {
	if len(raw) < 8 || len(raw) != 8+4*int(raw[1]) {
		return "", errors.New("a SID has not " + strconv.Itoa(len(raw)) + " bytes")
	}
	var authority uint64 // its highest byte first, unlike the numbers behind it
	for _, c := range raw[2:8] {
		authority = authority<<8 | uint64(c)
	}
	text := "S-" + strconv.Itoa(int(raw[0])) + "-" + strconv.FormatUint(authority, 10)
	for at := 8; at < len(raw); at += 4 { // package encoding/binary would bring reflection
		number := uint64(raw[at]) | uint64(raw[at+1])<<8 | uint64(raw[at+2])<<16 | uint64(raw[at+3])<<24
		text += "-" + strconv.FormatUint(number, 10)
	}
	return text, nil
}
