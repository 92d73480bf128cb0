package scim

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Limits of a filter: one that nests without end must not exhaust the stack, and each
// comparison is made for each row.
const (
	maxFilter      = 8 << 10 // bytes
	maxFilterDepth = 16      // parentheses and brackets within one another
	maxComparisons = 64
)

// operator compares an attribute (RFC 7644 section 3.4.2.2).
type operator string

const (
	opEqual          operator = "eq"
	opNotEqual       operator = "ne"
	opContains       operator = "co"
	opStartsWith     operator = "sw"
	opEndsWith       operator = "ew"
	opPresent        operator = "pr"
	opGreater        operator = "gt"
	opGreaterOrEqual operator = "ge"
	opLess           operator = "lt"
	opLessOrEqual    operator = "le"
)

func knownOperator(op operator) bool {
	switch op {
	case opEqual, opNotEqual, opContains, opStartsWith, opEndsWith, opPresent, opGreater, opGreaterOrEqual, opLess, opLessOrEqual:
		return true
	}
	return false
}

// expression is a filter as it was written: a comparison, a conjunction, a disjunction, a
// negation or a selection.
type expression interface{ expression() }

type (
	// comparison compares what the path names. Value is a string, a float64, a bool or nil,
	// and nil with [opPresent].
	comparison struct {
		path  string
		op    operator
		value any
	}
	conjunction struct{ left, right expression }
	disjunction struct{ left, right expression }
	negation    struct{ of expression }
	// selection is of resources of which a value of a multi-valued attribute passes the
	// filter: emails[type eq "work"]. With then, the sub-attribute that it names is compared
	// besides, of the values that pass: emails[type eq "work"].value eq "x". The standard has
	// that in paths alone, but provisioning services filter by it.
	selection struct {
		path   string
		filter expression
		then   *comparison
	}
)

func (*comparison) expression()  {}
func (*conjunction) expression() {}
func (*disjunction) expression() {}
func (*negation) expression()    {}
func (*selection) expression()   {}

// parseFilter reads a filter. The error is a [*Error] of the type invalidFilter.
func parseFilter(text string) (expression, error) {
	p := parser{text: text}
	found, err := p.whole(p.either)
	if err != nil {
		return nil, refuse(typeInvalidFilter, "The filter cannot be read: %s.", err)
	}
	return found, nil
}

// path is the target of an operation of a patch: emails[type eq "work"].value.
type path struct {
	attribute string     // with the URN of a schema before it, and with ".sub" where there is no filter
	filter    expression // nil: none
	sub       string     // behind the filter
}

// parsePath reads a path. The error is a [*Error] of the type invalidPath.
func parsePath(text string) (path, error) {
	p := parser{text: text}
	var found path
	_, err := p.whole(func() (expression, error) {
		var err error
		found, err = p.target()
		return nil, err
	})
	if err != nil {
		return path{}, refuse(typeInvalidPath, "The path %q cannot be read: %s.", cut(text), err)
	}
	return found, nil
}

// parser descends through the grammar of RFC 7644 section 3.4.2.2, a method each.
type parser struct {
	text        string
	at          int // bytes read
	depth       int
	comparisons int
}

func (p *parser) whole(read func() (expression, error)) (expression, error) {
	if len(p.text) > maxFilter {
		return nil, fmt.Errorf("it is longer than %d bytes", maxFilter)
	}
	found, err := read()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.text) {
		return nil, p.unexpected()
	}
	return found, nil
}

func (p *parser) either() (expression, error) {
	left, err := p.both()
	for err == nil && p.keyword("or") {
		var right expression
		if right, err = p.both(); err == nil {
			left = &disjunction{left, right}
		}
	}
	return left, err
}

func (p *parser) both() (expression, error) {
	left, err := p.term()
	for err == nil && p.keyword("and") {
		var right expression
		if right, err = p.term(); err == nil {
			left = &conjunction{left, right}
		}
	}
	return left, err
}

func (p *parser) term() (expression, error) {
	if p.space(); p.symbol('(') {
		return p.within(')')
	}
	start := p.at
	if p.keyword("not") {
		if p.space(); p.symbol('(') {
			of, err := p.within(')')
			return &negation{of}, err
		}
		p.at = start // an attribute may be called so
	}
	return p.condition()
}

// within reads a filter in parentheses or brackets, and what closes them.
func (p *parser) within(closing byte) (expression, error) {
	if p.depth == maxFilterDepth {
		return nil, fmt.Errorf("it is nested more than %d deep", maxFilterDepth)
	}
	p.depth++
	found, err := p.either()
	p.depth--
	if err != nil {
		return nil, err
	}
	if p.space(); !p.symbol(closing) {
		return nil, p.unexpected()
	}
	return found, nil
}

// condition reads a comparison or a selection.
func (p *parser) condition() (expression, error) {
	to, err := p.target()
	if err != nil {
		return nil, err
	}
	switch {
	case to.filter == nil:
		return p.compare(to.attribute)
	case to.sub == "":
		return &selection{path: to.attribute, filter: to.filter}, nil
	}
	then, err := p.compare(to.sub)
	return &selection{to.attribute, to.filter, then}, err
}

// target reads an attribute with what may follow it.
func (p *parser) target() (to path, err error) {
	p.space()
	if to.attribute = p.word(); to.attribute == "" {
		return to, p.unexpected()
	}
	if !p.symbol('[') {
		return to, nil
	}
	if to.filter, err = p.within(']'); err != nil || !p.symbol('.') {
		return to, err
	}
	if to.sub = p.word(); to.sub == "" {
		return to, p.unexpected()
	}
	return to, nil
}

func (p *parser) compare(path string) (*comparison, error) {
	if p.comparisons++; p.comparisons > maxComparisons {
		return nil, fmt.Errorf("it makes more than %d comparisons", maxComparisons)
	}
	p.space()
	start := p.at
	op := operator(strings.ToLower(p.word()))
	switch {
	case !knownOperator(op):
		p.at = start
		return nil, p.unexpected()
	case op == opPresent:
		return &comparison{path: path, op: op}, nil
	}
	value, err := p.value()
	return &comparison{path, op, value}, err
}

// value reads a JSON value that has no parts. Words are taken in any capitals: True is what
// some services write.
func (p *parser) value() (value any, err error) {
	p.space()
	start := p.at
	if p.symbol('"') {
		for p.at < len(p.text) && p.text[p.at] != '"' {
			if p.text[p.at] == '\\' {
				p.at++
			}
			p.at++
		}
		if p.at >= len(p.text) {
			p.at = start
			return nil, p.unexpected()
		}
		p.at++
		err = json.Unmarshal([]byte(p.text[start:p.at]), &value)
	} else {
		err = json.Unmarshal([]byte(strings.ToLower(p.word())), &value)
	}
	if err != nil {
		p.at = start
		return nil, p.unexpected()
	}
	return value, nil
}

// word reads what attributes, URNs, operators and numbers are made of.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.text) && wordByte(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

func wordByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("$-_.:+", b) >= 0
}

// keyword reads the word, in any capitals, if it comes next.
func (p *parser) keyword(word string) bool {
	start := p.at
	p.space()
	if strings.EqualFold(p.word(), word) {
		return true
	}
	p.at = start
	return false
}

func (p *parser) symbol(b byte) bool {
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *parser) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
}

func (p *parser) unexpected() error {
	if p.at >= len(p.text) {
		return fmt.Errorf("it ends too early")
	}
	return fmt.Errorf("unexpected %q at character %d", cut(p.text[p.at:]), p.at+1)
}

// cut gives the beginning of what a client sent, for a message.
func cut(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
