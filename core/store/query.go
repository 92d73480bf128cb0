package store

import (
	"strconv"
	"strings"
)

// query is a SELECT of what a filter says. Its text depends on which fields the filter has,
// never on what is in them, so there are few of them and each is prepared once. The zero
// query selects everything.
type query struct {
	conditions []string
	args       []any
}

// and adds a condition. Each ? in it stands for the one argument.
func (q *query) and(condition string, arg ...any) {
	if len(arg) > 0 {
		q.args = append(q.args, arg[0])
		condition = strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(q.args)))
	}
	q.conditions = append(q.conditions, condition)
}

// equal adds that the column has the value, unless that is empty.
func (q *query) equal(column, value string) {
	if value != "" {
		q.and(column+" = ?", value)
	}
}

// behind adds that a row comes behind that of the name and the key, in the order of both.
func (q *query) behind(name, key, afterName, afterKey string) {
	if afterName == "" {
		return
	}
	// The first condition is what an index is searched by.
	q.and(name+" >= ?", afterName)
	first := "$" + strconv.Itoa(len(q.args))
	q.and("("+name+" > "+first+" OR "+key+" > ?)", afterKey)
}

// where gives the conditions as a clause, or nothing.
func (q *query) where() string {
	if len(q.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(q.conditions, " AND ")
}

// passOver has rows begin behind so many, in the order of a name that no two of them have.
// Where to begin is counted in the index of the names: no row before it is read.
func (q *query) passOver(from, name string, offset int) {
	if offset <= 0 {
		return
	}
	q.args = append(q.args, offset)
	q.and(name + " >= (SELECT " + name + " FROM " + from + q.where() + " ORDER BY " + name + " LIMIT 1 OFFSET $" + strconv.Itoa(len(q.args)) + ")")
}

// text gives the statement with its arguments; a limit of zero is none.
func (q *query) text(from, order string, limit int) (text string, args []any) {
	from += q.where() + " ORDER BY " + order
	if limit > 0 {
		q.args = append(q.args, limit)
		from += " LIMIT $" + strconv.Itoa(len(q.args))
	}
	return from, q.args
}
