// The parser of JSON. It refuses what parsers disagree about (sdk/abi.md section 5).
#include "internal.h"

// reader reads a text. The first mistake sticks and moves to the end, so that it is
// looked at once.
typedef struct reader {
	char *start, *at, *end;
	unsigned depth;
	postern_mistake mistake;
} reader;

static void wrong(reader *r, const char *what) {
	if (r->mistake.what == NULL) {
		r->mistake = (postern_mistake){what, (size_t)(r->at - r->start)};
	}
	r->at = r->end;
}

static void skip_space(reader *r) {
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) {
		r->at++;
	}
}

static bool is_at(const reader *r, char c) { return r->at < r->end && *r->at == c; }

// take steps over c, after space.
static bool take(reader *r, char c) {
	skip_space(r);
	if (!is_at(r, c)) {
		return false;
	}
	r->at++;
	return true;
}

static uint32_t read_hex4(reader *r) {
	uint32_t code = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = r->at < r->end ? (unsigned char)*r->at : 0;
		unsigned char low = c | 0x20;
		if (c >= '0' && c <= '9') {
			code = code << 4 | (uint32_t)(c - '0');
		} else if (low >= 'a' && low <= 'f') {
			code = code << 4 | (uint32_t)(low - 'a' + 10);
		} else {
			wrong(r, "four hexadecimal digits are expected");
			return 0;
		}
		r->at++;
	}
	return code;
}

// read_unicode reads the digits of \u, and the second half of a surrogate pair. Half
// a pair has no UTF-8 form (RFC 8259 section 8.2).
static uint32_t read_unicode(reader *r) {
	uint32_t first = read_hex4(r);
	if (first < 0xd800 || first > 0xdfff) {
		return first;
	}
	if (first < 0xdc00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
		r->at += 2;
		uint32_t second = read_hex4(r);
		if (second >= 0xdc00 && second <= 0xdfff) {
			return 0x10000 + ((first - 0xd800) << 10 | (second - 0xdc00));
		}
	}
	wrong(r, "half a surrogate pair");
	return 0;
}

static char *put_character(char *to, uint32_t code) {
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

// read_escape reads what follows a backslash and writes what it stands for, which is
// never longer.
static char *read_escape(reader *r, char *to) {
	char c = r->at < r->end ? *r->at : '\0';
	if (c == '\0') {
		wrong(r, "a string without end");
		return to;
	}
	r->at++;
	switch (c) {
	case '"':
	case '\\':
	case '/': *to++ = c; break;
	case 'b': *to++ = '\b'; break;
	case 'f': *to++ = '\f'; break;
	case 'n': *to++ = '\n'; break;
	case 'r': *to++ = '\r'; break;
	case 't': *to++ = '\t'; break;
	case 'u': {
		uint32_t code = read_unicode(r);
		if (r->mistake.what == NULL) {
			to = put_character(to, code);
		}
		break;
	}
	default: wrong(r, "an unknown escape");
	}
	return to;
}

static postern_text read_string(reader *r) {
	if (!take(r, '"')) {
		wrong(r, "a string is expected");
		return (postern_text){0};
	}
	char *start = r->at;
	while (r->at < r->end && postern_is_plain((unsigned char)*r->at)) {
		r->at++;
	}
	char *to = r->at; // behind r->at from the first escape on
	while (r->at < r->end && *r->at != '"') {
		if (*r->at == '\\') {
			r->at++;
			to = read_escape(r, to);
			continue;
		}
		size_t size = (unsigned char)*r->at < 0x20 ? 0 : postern_character_size(r->at, r->end);
		if (size == 0) {
			wrong(r, (unsigned char)*r->at < 0x20 ? "a control character in a string" : "not UTF-8");
			break;
		}
		for (; size > 0; size--) {
			*to++ = *r->at++;
		}
	}
	if (!is_at(r, '"')) {
		wrong(r, "a string without end");
		return (postern_text){0};
	}
	r->at++;
	return (postern_text){start, (size_t)(to - start)};
}

static size_t read_digits(reader *r) {
	const char *start = r->at;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
		r->at++;
	}
	if (r->at == start) {
		wrong(r, "a digit is expected");
		return 0;
	}
	return (size_t)(r->at - start);
}

// read_number checks the grammar of RFC 8259 section 6: no NaN, no infinity, no
// leading zero.
static postern_text read_number(reader *r) {
	char *start = r->at;
	if (is_at(r, '-')) {
		r->at++;
	}
	if (is_at(r, '0')) {
		r->at++;
	} else if (r->at >= r->end || *r->at < '1' || *r->at > '9') {
		wrong(r, "a value is expected");
	} else {
		read_digits(r);
	}
	if (is_at(r, '.')) {
		r->at++;
		read_digits(r);
	}
	if (is_at(r, 'e') || is_at(r, 'E')) {
		r->at++;
		if (is_at(r, '+') || is_at(r, '-')) {
			r->at++;
		}
		read_digits(r);
	}
	if (r->mistake.what == NULL && r->at - start > POSTERN_MAX_NUMBER) {
		wrong(r, "the number is too long");
	}
	return r->mistake.what != NULL ? (postern_text){0} : (postern_text){start, (size_t)(r->at - start)};
}

static void read_word(reader *r, const char *word) {
	for (; *word != '\0'; word++, r->at++) {
		if (!is_at(r, *word)) {
			wrong(r, "a value is expected");
			return;
		}
	}
}

// enter opens an array or an object, and says whether it has elements.
static bool enter(reader *r, char open, char close) {
	if (!take(r, open)) {
		wrong(r, "a value is expected");
		return false;
	}
	if (++r->depth > POSTERN_MAX_DEPTH) {
		wrong(r, "nested too deep");
		return false;
	}
	if (take(r, close)) {
		r->depth--;
		return false;
	}
	return true;
}

// next stands after an element and says whether another follows.
static bool next(reader *r, char close) {
	if (take(r, ',')) {
		return true;
	}
	if (!take(r, close)) {
		wrong(r, "a comma or the end is expected");
	}
	r->depth--;
	return false;
}

// names finds members of one name. Few are compared one by one, many have a table.
typedef struct names {
	uint64_t maybe; // a bit for each name so far: most are known to be new by it
	postern_value **table;
	size_t slots; // a power of two
} names;

enum { FEW = 32 };

static void insert_name(names *n, postern_value *member) {
	size_t slot = member->hash & (n->slots - 1);
	while (n->table[slot] != NULL) {
		slot = (slot + 1) & (n->slots - 1);
	}
	n->table[slot] = member;
}

static void make_table(names *n, const postern_value *object, size_t slots) {
	n->slots = slots;
	n->table = postern_alloc(slots * sizeof *n->table);
	for (postern_value *m = object->first; m != NULL; m = m->next) {
		insert_name(n, m);
	}
}

static bool same_name(const postern_value *a, const postern_value *b) {
	return a->hash == b->hash && postern_text_equal(a->name, b->name);
}

static bool is_known(const names *n, const postern_value *object, const postern_value *member) {
	if (n->table != NULL) {
		for (size_t slot = member->hash & (n->slots - 1); n->table[slot] != NULL; slot = (slot + 1) & (n->slots - 1)) {
			if (same_name(n->table[slot], member)) {
				return true;
			}
		}
		return false;
	}
	if ((n->maybe & (uint64_t)1 << (member->hash & 63)) == 0) {
		return false;
	}
	for (const postern_value *m = object->first; m != NULL; m = m->next) {
		if (same_name(m, member)) {
			return true;
		}
	}
	return false;
}

// link puts an element at the end.
static void link_element(postern_value *container, postern_value *element) {
	if (container->last == NULL) {
		container->first = element;
	} else {
		container->last->next = element;
	}
	container->last = element;
	container->count++;
}

static void add_name(names *n, const postern_value *object, postern_value *member) {
	n->maybe |= (uint64_t)1 << (member->hash & 63);
	if (n->table == NULL && object->count > FEW) {
		make_table(n, object, 8 * FEW);
	} else if (n->table != NULL && 2 * object->count > n->slots) {
		make_table(n, object, 4 * n->slots);
	} else if (n->table != NULL) {
		insert_name(n, member);
	}
}

// hash_name is FNV-1a.
static uint32_t hash_name(postern_text name) {
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < name.len; i++) {
		hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619u;
	}
	return hash;
}

static void read_value(reader *r, postern_value *value);

static void read_object(reader *r, postern_value *object) {
	object->kind = POSTERN_OBJECT;
	names seen = {0};
	for (bool more = enter(r, '{', '}'); more; more = next(r, '}')) {
		postern_value *member = POSTERN_NEW(postern_value);
		skip_space(r);
		member->name = read_string(r);
		member->hash = hash_name(member->name);
		if (is_known(&seen, object, member)) {
			wrong(r, "a member appears twice");
		}
		if (!take(r, ':')) {
			wrong(r, "a colon is expected");
		}
		read_value(r, member);
		link_element(object, member);
		add_name(&seen, object, member);
	}
}

static void read_array(reader *r, postern_value *array) {
	array->kind = POSTERN_ARRAY;
	for (bool more = enter(r, '[', ']'); more; more = next(r, ']')) {
		postern_value *element = POSTERN_NEW(postern_value);
		read_value(r, element);
		link_element(array, element);
	}
}

static void read_value(reader *r, postern_value *value) {
	skip_space(r);
	switch (r->at < r->end ? *r->at : '\0') {
	case '{': read_object(r, value); break;
	case '[': read_array(r, value); break;
	case '"':
		value->kind = POSTERN_STRING;
		value->text = read_string(r);
		break;
	case 't':
		value->kind = POSTERN_BOOL;
		value->flag = true;
		read_word(r, "true");
		break;
	case 'f':
		value->kind = POSTERN_BOOL;
		read_word(r, "false");
		break;
	case 'n': read_word(r, "null"); break;
	default:
		value->kind = POSTERN_NUMBER;
		value->text = read_number(r);
	}
}

postern_value *postern_parse(char *text, size_t len, postern_mistake *mistake) {
	reader r = {.start = text, .at = text, .end = text + len};
	postern_value *value = POSTERN_NEW(postern_value);
	read_value(&r, value);
	skip_space(&r);
	if (r.at < r.end) {
		wrong(&r, "text after the value");
	}
	if (mistake != NULL) {
		*mistake = r.mistake;
	}
	return r.mistake.what == NULL ? value : NULL;
}
