// Texts, lists of texts, and buffers.
#include "internal.h"

postern_text postern_text_of(const char *string) {
	return (postern_text){string, string == NULL ? 0 : strlen(string)};
}

bool postern_text_equal(postern_text a, postern_text b) {
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool postern_text_is(postern_text text, const char *string) { return postern_text_equal(text, postern_text_of(string)); }

bool postern_text_starts(postern_text text, const char *prefix) {
	postern_text begin = postern_text_of(prefix);
	return text.len >= begin.len && postern_text_equal((postern_text){text.ptr, begin.len}, begin);
}

bool postern_text_ends(postern_text text, const char *suffix) {
	postern_text end = postern_text_of(suffix);
	return text.len >= end.len && (end.len == 0 || memcmp(text.ptr + (text.len - end.len), end.ptr, end.len) == 0);
}

postern_text postern_join(const postern_text *parts, size_t count) {
	postern_buffer buffer = {0};
	for (size_t i = 0; i < count; i++) {
		postern_put(&buffer, parts[i].ptr, parts[i].len);
	}
	return (postern_text){buffer.ptr, buffer.len};
}

postern_text postern_text_int(int64_t n) {
	char digits[20]; // of the smallest, with its sign
	size_t at = sizeof digits;
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (n < 0) {
		digits[--at] = '-';
	}
	return postern_join(&(postern_text){digits + at, sizeof digits - at}, 1);
}

void postern_add(postern_texts *list, postern_text text) {
	if (list->items == NULL || list->count >= list->cap) {
		size_t cap = list->count < 4 ? 4 : 2 * list->count;
		list->items = postern_resize(list->items, list->count * sizeof text, cap * sizeof text);
		list->cap = cap;
	}
	list->items[list->count++] = text;
}

postern_texts postern_no_texts(void) { return (postern_texts){POSTERN_NEW(postern_text), 0, 1}; }

bool postern_contains(postern_texts list, postern_text text) {
	for (size_t i = 0; i < list.count; i++) {
		if (postern_text_equal(list.items[i], text)) {
			return true;
		}
	}
	return false;
}

void postern_put(postern_buffer *buffer, const char *ptr, size_t len) {
	if (len > buffer->cap - buffer->len) {
		size_t cap = buffer->cap < 64 ? 64 : buffer->cap;
		while (cap - buffer->len < len) {
			cap *= 2;
		}
		buffer->ptr = postern_resize(buffer->ptr, buffer->len, cap);
		buffer->cap = cap;
	}
	if (len > 0) {
		memcpy(buffer->ptr + buffer->len, ptr, len);
		buffer->len += len;
	}
}

void postern_put_char(postern_buffer *buffer, char c) { postern_put(buffer, &c, 1); }

postern_text postern_base64(postern_text bytes) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	postern_buffer buffer = {0};
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t three = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
		three |= left > 1 ? (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8 : 0;
		three |= left > 2 ? (uint32_t)(unsigned char)bytes.ptr[i + 2] : 0;
		postern_put_char(&buffer, digits[three >> 18]);
		postern_put_char(&buffer, digits[three >> 12 & 63]);
		postern_put_char(&buffer, left > 1 ? digits[three >> 6 & 63] : '=');
		postern_put_char(&buffer, left > 2 ? digits[three & 63] : '=');
	}
	return (postern_text){buffer.ptr, buffer.len};
}

static int base64_digit(char c) {
	if (c >= 'A' && c <= 'Z') {
		return c - 'A';
	}
	if (c >= 'a' && c <= 'z') {
		return c - 'a' + 26;
	}
	if (c >= '0' && c <= '9') {
		return c - '0' + 52;
	}
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool postern_base64_decode(postern_text text, postern_text *bytes) {
	size_t padding = 0;
	while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=') {
		padding++;
	}
	if (text.len % 4 != 0) {
		return false;
	}
	postern_buffer buffer = {0};
	uint32_t bits = 0;
	for (size_t i = 0; i < text.len; i++) {
		int digit = i < text.len - padding ? base64_digit(text.ptr[i]) : 0;
		if (digit < 0) {
			return false;
		}
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 == 3) {
			char three[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
			postern_put(&buffer, three, i + 1 == text.len ? 3 - padding : 3);
			if (i + 1 == text.len && (bits & ((1u << 8 * padding) - 1)) != 0) {
				return false; // bits that stand for nothing
			}
			bits = 0;
		}
	}
	*bytes = (postern_text){buffer.ptr, buffer.len};
	return true;
}

size_t postern_character_size(const char *at, const char *end) {
	const unsigned char *p = (const unsigned char *)at;
	size_t left = (size_t)(end - at), size = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (size > left) {
		return 0;
	}
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
		return 0;
	}
	return size;
}
