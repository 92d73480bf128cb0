// The arena, and in a module what a compiler expects of a C library.
#include "internal.h"

#if defined(__wasm__)

#define PAGE 65536u
#define ALIGNMENT ((size_t)16)

extern unsigned char __heap_base; // where the linker's data ends

static uintptr_t top;  // of what is taken; 0 before the first call
static uintptr_t last; // where the last allocation begins

static uintptr_t bottom(void) { return ((uintptr_t)&__heap_base + ALIGNMENT - 1) & ~(ALIGNMENT - 1); }

static void no_memory(void) {
	postern_text reason = POSTERN_TEXT("the plugin needs more memory than it may have");
	postern_host_fail(reason.ptr, reason.len);
	__builtin_trap();
}

// reach makes memory up to an address. It asks for twice of what there is, because a
// guest that grows during a call is made anew after it.
static void reach(uintptr_t end) {
	size_t have = __builtin_wasm_memory_size(0);
	if (end <= have * PAGE) {
		return;
	}
	size_t missing = (end + PAGE - 1) / PAGE - have;
	size_t wanted = missing > have ? missing : have;
	if (__builtin_wasm_memory_grow(0, wanted) == (size_t)-1 && __builtin_wasm_memory_grow(0, missing) == (size_t)-1) {
		no_memory();
	}
}

void postern_reset(void) { top = last = bottom(); }

static void *take(size_t size) {
	if (top == 0) {
		postern_reset();
	}
	uintptr_t start = (top + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (size > SIZE_MAX / 2) {
		no_memory();
	}
	reach(start + size);
	last = start;
	top = start + size;
	return (void *)start;
}

void *postern_alloc(size_t size) { return memset(take(size), 0, size); }

void *postern_resize(void *memory, size_t size, size_t wanted) {
	if (memory != NULL && (uintptr_t)memory == last && wanted <= SIZE_MAX / 2) {
		reach(last + wanted);
		top = last + wanted;
		return memory;
	}
	return memcpy(take(wanted), memory, size);
}

// With bulk memory each of these is one instruction.
void *memcpy(void *restrict to, const void *restrict from, size_t size) { return __builtin_memcpy(to, from, size); }
void *memmove(void *to, const void *from, size_t size) { return __builtin_memmove(to, from, size); }
void *memset(void *to, int byte, size_t size) { return __builtin_memset(to, byte, size); }

int memcmp(const void *a, const void *b, size_t size) {
	const unsigned char *x = a, *y = b;
	for (size_t i = 0; i < size; i++) {
		if (x[i] != y[i]) {
			return x[i] < y[i] ? -1 : 1;
		}
	}
	return 0;
}

size_t strlen(const char *string) {
	size_t n = 0;
	while (string[n] != '\0') {
		n++;
	}
	return n;
}

#else // a native build

#include <stdio.h>
#include <stdlib.h>

typedef struct postern_block {
	struct postern_block *next;
	max_align_t memory[];
} postern_block;

static postern_arena plugins_arena;
static postern_arena *arena = &plugins_arena;

postern_arena *postern_use(postern_arena *use) {
	postern_arena *before = arena;
	arena = use;
	return before;
}

void postern_reset(void) {
	while (arena->blocks != NULL) {
		postern_block *block = arena->blocks;
		arena->blocks = block->next;
		free(block);
	}
}

void *postern_alloc(size_t size) {
	postern_block *block = size > SIZE_MAX / 2 ? NULL : calloc(1, sizeof(postern_block) + size);
	if (block == NULL) {
		fputs("postern: no memory\n", stderr);
		abort();
	}
	block->next = arena->blocks;
	arena->blocks = block;
	return block->memory;
}

void *postern_resize(void *memory, size_t size, size_t wanted) {
	void *moved = postern_alloc(wanted);
	if (size > 0) {
		memcpy(moved, memory, size);
	}
	return moved;
}

#endif
