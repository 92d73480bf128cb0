# Builds a plugin in C and its native tests; included by the plugin's Makefile, which
# names SOURCES, TESTS and POSTERN (this folder).
#
#	make        $(BUILD)/plugin.wasm
#	make test   the tests, natively, with the checkers of the C compiler
#
# Needed: clang with the target wasm32 and wasm-ld beside it (Debian: clang-19 lld-19;
# Homebrew: llvm lld), and for the tests any C compiler. CLANG= and CC= name others.

BUILD ?= build
CLANG ?= $(shell command -v clang-19 || command -v clang || echo clang)
WARNINGS ?= -Wall -Wextra
SANITIZE ?= address,undefined

WASM_FLAGS = --target=wasm32 -std=c11 $(WARNINGS) -O2 -mbulk-memory -ffreestanding -nostdlib \
	-Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=65536 \
	-Wl,--initial-memory=262144 -Wl,--max-memory=33554432 -Wl,--strip-all
TEST_FLAGS = -std=c11 $(WARNINGS) -g $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)

SDK = $(wildcard $(POSTERN)/*.c)
HARNESS = $(wildcard $(POSTERN)/testing/*.c)
HEADERS = $(wildcard *.h $(POSTERN)/*.h $(POSTERN)/testing/*.h)

.PHONY: all test clean
all: $(BUILD)/plugin.wasm

$(BUILD)/plugin.wasm: $(SOURCES) $(SDK) $(HEADERS)
	@mkdir -p $(BUILD)
	$(CLANG) $(WASM_FLAGS) -o $@ $(SOURCES) $(SDK)

$(BUILD)/test: $(SOURCES) $(TESTS) $(SDK) $(HARNESS) $(HEADERS)
	@mkdir -p $(BUILD)
	$(CC) $(TEST_FLAGS) -o $@ $(SOURCES) $(TESTS) $(SDK) $(HARNESS)

test: $(BUILD)/test
	$(BUILD)/test $(TEST_ARGUMENTS)

clean:
	rm -rf $(BUILD)
