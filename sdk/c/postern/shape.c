// Structures to JSON and back, by tables of their members.
#include "internal.h"

static const char *expect(const postern_value *value, postern_kind kind, const char *otherwise) {
	return value->kind == kind ? NULL : otherwise;
}

static const char *read_texts(const postern_value *value, postern_texts *to) {
	const char *wrong = expect(value, POSTERN_ARRAY, "an array of strings is expected");
	for (const postern_value *e = postern_first(value); wrong == NULL && e != NULL; e = e->next) {
		wrong = expect(e, POSTERN_STRING, "a string is expected");
	}
	if (wrong == NULL) {
		*to = postern_as_texts(value);
	}
	return wrong;
}

// list is what a pointer with a number is in every structure.
typedef struct list {
	void *items;
	size_t count;
} list;

static const char *read_list(const postern_shape *shape, const postern_value *value, void *to) {
	const char *wrong = expect(value, POSTERN_ARRAY, "an array is expected");
	if (wrong != NULL) {
		return wrong;
	}
	char *items = postern_alloc(value->count * shape->size);
	size_t count = 0;
	for (const postern_value *e = value->first; wrong == NULL && e != NULL; e = e->next) {
		wrong = postern_shape_read(shape, e, items + shape->size * count++);
	}
	memcpy(to, &(list){items, count}, sizeof(list));
	return wrong;
}

static const char *read_optional(const postern_shape *shape, const postern_value *value, void *to) {
	void *structure = postern_alloc(shape->size);
	memcpy(to, &structure, sizeof structure);
	return postern_shape_read(shape, value, structure);
}

static const char *read_field(const postern_field *field, const postern_value *value, char *to) {
	switch (field->type) {
	case POSTERN_IS_TEXT: {
		memcpy(to, &value->text, sizeof value->text);
		return expect(value, POSTERN_STRING, "a string is expected");
	}
	case POSTERN_IS_BOOL: {
		memcpy(to, &value->flag, sizeof value->flag);
		return expect(value, POSTERN_BOOL, "true or false is expected");
	}
	case POSTERN_IS_INT: {
		int64_t n = 0;
		bool is = postern_as_int(value, &n);
		memcpy(to, &n, sizeof n);
		return is ? NULL : "an integer is expected";
	}
	case POSTERN_IS_TEXTS:
	case POSTERN_IS_CHOICE: return read_texts(value, (postern_texts *)(void *)to);
	case POSTERN_IS_OBJECT:
	case POSTERN_IS_VALUE: memcpy(to, &value, sizeof value);
		return field->type == POSTERN_IS_VALUE ? NULL : expect(value, POSTERN_OBJECT, "an object is expected");
	case POSTERN_IS_NESTED: return postern_shape_read(field->shape, value, to);
	case POSTERN_IS_OPTIONAL: return read_optional(field->shape, value, to);
	case POSTERN_IS_LIST: return read_list(field->shape, value, to);
	}
	return NULL;
}

const char *postern_shape_read(const postern_shape *shape, const postern_value *value, void *structure) {
	const char *wrong = expect(value, POSTERN_OBJECT, "an object is expected");
	size_t expected = 0; // members mostly come in the order of the table
	for (const postern_value *m = postern_first(value); wrong == NULL && m != NULL; m = m->next) {
		for (size_t tried = 0; tried < shape->count; tried++) {
			const postern_field *field = &shape->fields[(expected + tried) % shape->count];
			if (postern_text_is(m->name, field->name)) {
				wrong = read_field(field, m, (char *)structure + field->offset);
				expected += tried + 1;
				break;
			}
		}
	}
	return wrong;
}

// ---- Writing ----

void postern_put_name(postern_buffer *buffer, const char *name) {
	char before = buffer->len == 0 ? '{' : buffer->ptr[buffer->len - 1];
	if (before != '{' && before != '[') {
		postern_put_char(buffer, ',');
	}
	postern_put_char(buffer, '"');
	postern_put(buffer, name, strlen(name)); // ours: nothing to escape
	postern_put(buffer, "\":", 2);
}

static void put_texts(postern_buffer *buffer, const postern_texts *texts) {
	postern_put_char(buffer, '[');
	for (size_t i = 0; i < texts->count; i++) {
		if (i > 0) {
			postern_put_char(buffer, ',');
		}
		postern_put_string(buffer, texts->items[i]);
	}
	postern_put_char(buffer, ']');
}

static void put_list(postern_buffer *buffer, const postern_shape *shape, const list *from) {
	postern_put_char(buffer, '[');
	for (size_t i = 0; i < from->count; i++) {
		if (i > 0) {
			postern_put_char(buffer, ',');
		}
		postern_shape_write(buffer, shape, (const char *)from->items + i * shape->size);
	}
	postern_put_char(buffer, ']');
}

static void put_scalar(postern_buffer *buffer, const postern_field *field, const char *from) {
	if (field->type == POSTERN_IS_TEXT) {
		postern_text text;
		memcpy(&text, from, sizeof text);
		if (text.len > 0) {
			postern_put_name(buffer, field->name);
			postern_put_string(buffer, text);
		}
	} else if (field->type == POSTERN_IS_BOOL) {
		bool flag;
		memcpy(&flag, from, sizeof flag);
		if (flag) {
			postern_put_name(buffer, field->name);
			postern_put(buffer, "true", 4);
		}
	} else {
		int64_t n;
		memcpy(&n, from, sizeof n);
		if (n != 0) {
			postern_text digits = postern_text_int(n);
			postern_put_name(buffer, field->name);
			postern_put(buffer, digits.ptr, digits.len);
		}
	}
}

static void put_tree(postern_buffer *buffer, const postern_field *field, const char *from) {
	const postern_value *value;
	memcpy(&value, from, sizeof value);
	if (value == NULL || (field->type == POSTERN_IS_OBJECT && value->count == 0)) {
		return;
	}
	postern_put_name(buffer, field->name);
	postern_put_value(buffer, value);
}

static void put_field(postern_buffer *buffer, const postern_field *field, const char *from) {
	switch (field->type) {
	case POSTERN_IS_TEXT:
	case POSTERN_IS_BOOL:
	case POSTERN_IS_INT: put_scalar(buffer, field, from); break;
	case POSTERN_IS_TEXTS:
	case POSTERN_IS_CHOICE: {
		const postern_texts *texts = (const postern_texts *)(const void *)from;
		if (field->type == POSTERN_IS_CHOICE ? texts->items != NULL : texts->count > 0) {
			postern_put_name(buffer, field->name);
			put_texts(buffer, texts);
		}
		break;
	}
	case POSTERN_IS_OBJECT:
	case POSTERN_IS_VALUE: put_tree(buffer, field, from); break;
	case POSTERN_IS_NESTED:
		postern_put_name(buffer, field->name);
		postern_shape_write(buffer, field->shape, from);
		break;
	case POSTERN_IS_OPTIONAL: {
		const void *structure;
		memcpy(&structure, from, sizeof structure);
		if (structure != NULL) {
			postern_put_name(buffer, field->name);
			postern_shape_write(buffer, field->shape, structure);
		}
		break;
	}
	case POSTERN_IS_LIST: {
		list items;
		memcpy(&items, from, sizeof items);
		if (items.count > 0) {
			postern_put_name(buffer, field->name);
			put_list(buffer, field->shape, &items);
		}
		break;
	}
	}
}

void postern_shape_write(postern_buffer *buffer, const postern_shape *shape, const void *structure) {
	postern_put_char(buffer, '{');
	for (size_t i = 0; i < shape->count; i++) {
		put_field(buffer, &shape->fields[i], (const char *)structure + shape->fields[i].offset);
	}
	postern_put_char(buffer, '}');
}
