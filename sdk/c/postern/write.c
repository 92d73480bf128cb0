// JSON as text.
#include "internal.h"

static void put_escape(postern_buffer *buffer, unsigned char c) {
	static const char digits[] = "0123456789abcdef";
	const char *known = NULL;
	switch (c) {
	case '"': known = "\\\""; break;
	case '\\': known = "\\\\"; break;
	case '\b': known = "\\b"; break;
	case '\f': known = "\\f"; break;
	case '\n': known = "\\n"; break;
	case '\r': known = "\\r"; break;
	case '\t': known = "\\t"; break;
	default: {
		char text[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
		postern_put(buffer, text, sizeof text);
		return;
	}
	}
	postern_put(buffer, known, 2);
}

// postern_put_string escapes what RFC 8259 section 7 says must be escaped. Each byte
// that is not UTF-8 becomes U+FFFD, so that the result is always valid.
void postern_put_string(postern_buffer *buffer, postern_text text) {
	const char *at = text.ptr, *end = text.len > 0 ? at + text.len : at, *from = at;
	postern_put_char(buffer, '"');
	while (at < end) {
		unsigned char c = (unsigned char)*at;
		if (postern_is_plain(c)) {
			at++;
			continue;
		}
		size_t size = c < 0x80 ? 0 : postern_character_size(at, end);
		if (size > 0) {
			at += size;
			continue;
		}
		postern_put(buffer, from, (size_t)(at - from));
		if (c < 0x80) {
			put_escape(buffer, c);
		} else {
			postern_put(buffer, "\xef\xbf\xbd", 3);
		}
		from = ++at;
	}
	postern_put(buffer, from, (size_t)(end - from));
	postern_put_char(buffer, '"');
}

static void put_elements(postern_buffer *buffer, const postern_value *value) {
	for (const postern_value *e = value->first; e != NULL; e = e->next) {
		if (e != value->first) {
			postern_put_char(buffer, ',');
		}
		if (value->kind == POSTERN_OBJECT) {
			postern_put_string(buffer, e->name);
			postern_put_char(buffer, ':');
		}
		postern_put_value(buffer, e);
	}
}

void postern_put_value(postern_buffer *buffer, const postern_value *value) {
	switch (postern_kind_of(value)) {
	case POSTERN_NULL: postern_put(buffer, "null", 4); break;
	case POSTERN_BOOL: postern_put(buffer, value->flag ? "true" : "false", value->flag ? 4 : 5); break;
	case POSTERN_NUMBER: postern_put(buffer, value->text.ptr, value->text.len); break;
	case POSTERN_STRING: postern_put_string(buffer, value->text); break;
	case POSTERN_ARRAY:
		postern_put_char(buffer, '[');
		put_elements(buffer, value);
		postern_put_char(buffer, ']');
		break;
	case POSTERN_OBJECT:
		postern_put_char(buffer, '{');
		put_elements(buffer, value);
		postern_put_char(buffer, '}');
		break;
	}
}

postern_text postern_write(const postern_value *value) {
	postern_buffer buffer = {0};
	postern_put_value(&buffer, value);
	return (postern_text){buffer.ptr, buffer.len};
}
