# A thin front door to the CMake presets (CMakePresets.json).
#
#   make demo      installs what is missing, builds, and searches the fastest schedule of
#                  examples/relative_position.mlir on this machine's GPU, or else its CPU
#   make check     the same set-up, then every test; the last line counts them
#   make bundle    self-contained tools for another x86-64 Linux: dist/kgen-*.tar.xz
#   make install   into PREFIX (default /usr/local); DESTDIR is honoured
#   make format    clang-format on every source file
#   make clean     removes the build directories
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
VARIANT ?= examples/relative_position.mlir
BUDGET ?= 60s
CANDIDATES ?= 12

# With a precompiled header ccache must be told that a changed time stamp alone is no change.
export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime
launcher = $$(command -v ccache || true)
configure = cmake --preset $(1) --log-level=NOTICE -DCMAKE_C_COMPILER_LAUNCHER="$(launcher)" \
  -DCMAKE_CXX_COMPILER_LAUNCHER="$(launcher)"

.PHONY: all setup configure demo check bundle install format clean
all: configure
	cmake --build build -j $(JOBS)

setup:
	@scripts/setup.sh

configure: setup
	@$(call configure,dev)

demo: configure
	cmake --build build -j $(JOBS) --target kgen-opt kgen-verify kgen-report
	mkdir -p build/demo
	build/bin/kgen-opt $(VARIANT) --attention-search='target=auto budget=$(BUDGET) candidates=$(CANDIDATES) history=build/demo/history.jsonl report=build/demo/report' | tee build/demo/winner.mlir
	@echo
	@echo "The module above, with the winning schedule:  build/demo/winner.mlir"
	@echo "What was tried (a second run starts from it): build/demo/history.jsonl"
	@echo "The report:                                   build/demo/report.html, build/demo/report.txt"

check: configure
	cmake --build build -j $(JOBS)
	rm -rf build/check build/test/results
	mkdir -p build/check build/test/results
	ctest --test-dir build -j $(JOBS) --timeout 900 --output-on-failure --no-tests=error \
	  --output-junit $(CURDIR)/build/check/ctest.xml || true
	@scripts/summarize_tests.py build/check/ctest.xml build/test/results | tee build/check/summary.txt

bundle: setup
	@$(call configure,bundle)
	cmake --build build-bundle -j $(JOBS) --target kgen-bundle

install: configure
	cmake --build build -j $(JOBS)
	cmake --install build --prefix $(PREFIX)

format:
	git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf build build-bundle dist
