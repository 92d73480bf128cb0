package intake

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
)

// csvColumns are the names of columns, and what else they are called.
var csvColumns = map[string]string{
	"username": "name", "user": "name", "login": "name", "user_name": "name", "mail": "email", "e-mail": "email", "full_name": "display_name",
	"first_name": "given_name", "last_name": "family_name", "phone_number": "phone", "group": "groups", "external_id": "id", "organization": "organisation",
}

// csvOwn are columns besides those of the profile.
var csvOwn = []string{"id", "organisation", "name", "email", "email_verified", "disabled", "password", "password_hash", "groups"}

// csvProfile are columns that are members of the profile's document.
var csvProfile = []string{
	"display_name", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale",
	"phone", "country_code", "region", "location", "affiliation", "title", "bio", "tag", "education",
}

// csvAddress are columns that are members of the address.
var csvAddress = map[string]string{"street": "street_address", "locality": "locality", "postal_code": "postal_code", "country": "country", "address_region": "region"}

// attributePrefix begins the names of columns that are attributes.
const attributePrefix = "attribute."

// readCSV reads tables of people. The first line names the columns; between the columns are
// commas, semicolons or tabs, between groups one of ; , | and the end of a line.
func readCSV(files []File) (*admin.ImportPlan, error) {
	plan := &admin.ImportPlan{}
	for i := range files {
		if err := readTable(plan, &files[i]); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

func readTable(plan *admin.ImportPlan, file *File) error {
	if members := membersOf(file.Data); members != nil {
		return cmp.Or(file.checkSource("csv", members), file.wrong("give a table", "it is JSON, and no table"))
	}
	if isDatabase(file.Data) {
		return file.wrong("give a table", "it is a database of SQLite, and no table")
	}
	if !utf8.Valid(file.Data) {
		return file.wrong("save it as UTF-8", "it is not UTF-8")
	}
	data := file.Data
	if !bytes.ContainsRune(data, '\n') {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n")) // as old Macs wrote it
	}
	comma, said := separator(data)
	reader := csv.NewReader(bytes.NewReader(data))
	// Blanks before a quote are passed over where there are any; a tab is one too, and an
	// empty cell before it would be none.
	reader.Comma, reader.FieldsPerRecord, reader.TrimLeadingSpace = comma, -1, comma != '\t' && bytes.Contains(data, []byte(string(comma)+` "`))
	header, err := reader.Read()
	if said && err == nil {
		header, err = reader.Read()
	}
	if err != nil {
		return file.wrong("name the columns in the first line, such as name,email,groups", "it has no line that names the columns")
	}
	columns := columnNames(plan, file, header)
	if !slices.Contains(columns, "name") && !slices.Contains(columns, "email") {
		return file.wrong("name the columns in the first line, such as name,email,groups", "it has neither a column name nor a column email")
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if wrong, is := errors.AsType[*csv.ParseError](err); is {
			return file.wrong("put quotes around texts with commas, and double quotes in them", "line %d: %s", wrong.Line, wrong.Err)
		}
		if err != nil {
			return err
		}
		line, _ := reader.FieldPos(0)
		readPerson(plan, file, line, columns, record)
	}
}

// separator is what the first line has between its columns, outside of quotes; or what that
// line says, as Excel's may.
func separator(data []byte) (comma rune, said bool) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	if sep, is := bytes.CutPrefix(bytes.TrimRight(line, "\r"), []byte("sep=")); is && len(sep) == 1 && bytes.ContainsAny(sep, ",;\t") {
		return rune(sep[0]), true
	}
	line = quoted.ReplaceAll(line, nil)
	comma, most := ',', bytes.Count(line, []byte(","))
	for _, other := range []rune{';', '\t'} {
		if count := bytes.Count(line, []byte(string(other))); count > most {
			comma, most = other, count
		}
	}
	return comma, false
}

var quoted = regexp.MustCompile(`"[^"]*"`)

// columnNames gives the columns by the names that they have here, "" for those that have no
// place, which are said in the plan.
func columnNames(plan *admin.ImportPlan, file *File, header []string) []string {
	columns := make([]string, len(header))
	for i, name := range header {
		folded := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
		if ours := csvColumns[folded]; ours != "" {
			folded = ours
		}
		known := slices.Contains(csvOwn, folded) || slices.Contains(csvProfile, folded) || csvAddress[folded] != ""
		switch {
		case strings.HasPrefix(folded, attributePrefix):
			columns[i] = attributePrefix + strings.TrimSpace(name)[len(attributePrefix):]
		case !known:
			left(plan, "column", "", name, "%s: there is no such column; one that is to be an attribute is called attribute.NAME", file.Name)
		case slices.Contains(columns[:i], folded):
			left(plan, "column", "", name, "%s: the column is there twice", file.Name)
		default:
			columns[i] = folded
		}
	}
	return columns
}

func readPerson(plan *admin.ImportPlan, file *File, line int, columns, record []string) {
	cells := cellsOf(columns, record)
	where := file.Name + ":" + strconv.Itoa(line)
	switch {
	case len(cells) == 0 && strings.TrimSpace(strings.Join(record, "")) == "":
		return
	case len(record) != len(columns):
		left(plan, "row", "", where, "it has %d cells, and there are %d columns", len(record), len(columns))
		return
	case cells["name"] == "" && cells["email"] == "":
		left(plan, "row", "", where, "it has neither a name nor an e-mail address")
		return
	}
	verified, known := yes(cells["email_verified"])
	disabled, alsoKnown := yes(cells["disabled"])
	if !known || !alsoKnown {
		left(plan, "row", "", where, "what is under email_verified or disabled is neither yes nor no")
		return
	}
	in := admin.ImportUser{
		Org: cells["organisation"], Name: orElse(cells["name"], cells["email"]), Email: cells["email"], Password: cells["password"],
		EmailVerified: verified, Disabled: disabled, Attributes: map[string]string{},
	}
	in.ID = orElse(cells["id"], strings.ToLower(in.Name))
	fillProfile(&in, cells)
	for _, group := range strings.FieldsFunc(cells["groups"], func(r rune) bool { return strings.ContainsRune(";|,\n", r) }) {
		if group = strings.TrimSpace(group); group != "" {
			in.Groups = append(in.Groups, group)
			addGroup(plan, admin.ImportGroup{Org: in.Org, Name: group})
		}
	}
	if cells["password_hash"] != "" {
		stored, err := authn.ForeignHash(cells["password_hash"])
		if err != nil {
			in.Notes = append(in.Notes, "the password was left out: "+err.Error())
		}
		in.PasswordHash, in.Password = stored, ""
		if err != nil {
			in.PasswordHash = ""
		}
	}
	plan.Users = append(plan.Users, in)
}

// cellsOf gives the cells that hold something by the names of their columns, without blanks
// around them; those of a password count.
func cellsOf(columns, record []string) map[string]string {
	cells := map[string]string{}
	for i, cell := range record {
		if i >= len(columns) || columns[i] == "" {
			continue
		}
		if columns[i] != "password" {
			cell = strings.TrimSpace(cell)
		}
		if cell != "" {
			cells[columns[i]] = cell
		}
	}
	return cells
}

// yes reads a switch. What is neither yes nor no is not guessed at: it may be a word of
// another language, or of another column.
func yes(cell string) (value, known bool) {
	switch strings.ToLower(cell) {
	case "1", "true", "yes", "y", "x", "on":
		return true, true
	case "", "0", "false", "no", "n", "off", "-":
		return false, true
	}
	return false, false
}

// fillProfile fills in the profile and attributes.
func fillProfile(in *admin.ImportUser, cells map[string]string) {
	members, address := map[string]any{}, map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(cells)) {
		attribute, is := strings.CutPrefix(name, attributePrefix)
		switch {
		case is:
			in.Attributes[attribute] = cells[name]
		case csvAddress[name] != "":
			address[csvAddress[name]] = cells[name]
		case slices.Contains(csvProfile, name):
			members[name] = cells[name]
		}
	}
	if len(address) > 0 {
		members["address"] = address
	}
	document := marshalled(members)
	if err := json.Unmarshal(document, &in.Profile); err != nil {
		panic("intake: cells are no profile: " + err.Error()) // they are texts
	}
}
