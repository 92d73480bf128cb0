// JSON values: reading them, and making new ones.
#include "internal.h"

postern_kind postern_kind_of(const postern_value *value) { return value == NULL ? POSTERN_NULL : value->kind; }

static postern_value *find(const postern_value *object, postern_text name) {
	if (postern_kind_of(object) != POSTERN_OBJECT) {
		return NULL;
	}
	for (postern_value *m = object->first; m != NULL; m = m->next) {
		if (postern_text_equal(m->name, name)) {
			return m;
		}
	}
	return NULL;
}

const postern_value *postern_get(const postern_value *object, postern_text name) { return find(object, name); }

const postern_value *postern_member(const postern_value *object, const char *name) {
	return find(object, postern_text_of(name));
}

const postern_value *postern_first(const postern_value *value) { return value == NULL ? NULL : value->first; }

bool postern_as_bool(const postern_value *value) { return postern_kind_of(value) == POSTERN_BOOL && value->flag; }

postern_text postern_as_text(const postern_value *value) {
	postern_kind kind = postern_kind_of(value);
	return kind == POSTERN_STRING || kind == POSTERN_NUMBER ? value->text : (postern_text){0};
}

bool postern_as_int(const postern_value *value, int64_t *n) {
	if (postern_kind_of(value) != POSTERN_NUMBER) {
		return false;
	}
	const char *at = value->text.ptr, *end = at + value->text.len;
	bool negative = at < end && *at == '-';
	uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0), sum = 0;
	for (at += negative; at < end; at++) {
		if (*at < '0' || *at > '9') {
			return false;
		}
		uint64_t digit = (uint64_t)(*at - '0');
		if (sum > (most - digit) / 10) {
			return false;
		}
		sum = 10 * sum + digit;
	}
	*n = negative ? -(int64_t)(sum - (sum > 0)) - (sum > 0) : (int64_t)sum;
	return true;
}

postern_texts postern_as_texts(const postern_value *value) {
	postern_texts list = {0};
	if (postern_kind_of(value) != POSTERN_ARRAY) {
		return list;
	}
	list.items = postern_alloc((value->count + 1) * sizeof *list.items);
	list.cap = value->count + 1;
	for (const postern_value *e = value->first; e != NULL; e = e->next) {
		if (e->kind == POSTERN_STRING) {
			list.items[list.count++] = e->text;
		}
	}
	return list;
}

static postern_value *make(postern_kind kind) {
	postern_value *value = POSTERN_NEW(postern_value);
	value->kind = kind;
	return value;
}

postern_value *postern_null(void) { return make(POSTERN_NULL); }

postern_value *postern_bool(bool flag) {
	postern_value *value = make(POSTERN_BOOL);
	value->flag = flag;
	return value;
}

postern_value *postern_int(int64_t n) {
	postern_value *value = make(POSTERN_NUMBER);
	value->text = postern_text_int(n);
	return value;
}

postern_value *postern_string(postern_text text) {
	postern_value *value = make(POSTERN_STRING);
	value->text = text;
	return value;
}

postern_value *postern_array(void) { return make(POSTERN_ARRAY); }

postern_value *postern_object(void) { return make(POSTERN_OBJECT); }

postern_value *postern_strings(postern_texts list) {
	postern_value *array = postern_array();
	for (size_t i = 0; i < list.count; i++) {
		postern_append(array, postern_string(list.items[i]));
	}
	return array;
}

static void add(postern_value *container, postern_text name, const postern_value *value) {
	postern_value *copy = POSTERN_NEW(postern_value);
	if (value != NULL) {
		*copy = *value;
	}
	copy->name = name;
	copy->next = NULL;
	if (container->last == NULL) {
		container->first = copy;
	} else {
		container->last->next = copy;
	}
	container->last = copy;
	container->count++;
}

void postern_append(postern_value *array, const postern_value *value) {
	if (array->kind == POSTERN_ARRAY) {
		add(array, (postern_text){0}, value);
	}
}

void postern_set(postern_value *object, postern_text name, const postern_value *value) {
	postern_value *member = find(object, name);
	if (member == NULL) {
		if (object->kind == POSTERN_OBJECT) {
			add(object, name, value);
		}
		return;
	}
	postern_value *next = member->next;
	*member = value == NULL ? (postern_value){0} : *value;
	member->name = name;
	member->next = next;
}

void postern_set_text(postern_value *object, const char *name, postern_text text) {
	postern_set(object, postern_text_of(name), postern_string(text));
}

bool postern_remove(postern_value *object, postern_text name) {
	postern_value *before = NULL;
	for (postern_value *m = postern_kind_of(object) == POSTERN_OBJECT ? object->first : NULL; m != NULL; before = m, m = m->next) {
		if (!postern_text_equal(m->name, name)) {
			continue;
		}
		if (before == NULL) {
			object->first = m->next;
		} else {
			before->next = m->next;
		}
		if (object->last == m) {
			object->last = before;
		}
		object->count--;
		return true;
	}
	return false;
}
