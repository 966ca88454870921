# Thin lines over the Swift package manager; the same verbs run in CI.
.PHONY: help build test test-debug lint format bench docs golden readme ci

help:     ## Show this list.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
build:    ## Build the command, optimised.
	swift build -c release
test:     ## Run every test, optimised.
	swift test -c release
test-debug: ## Run every test in a debug build (kernels are optimised there too).
	swift test
lint:     ## Check the format.
	swift format lint --strict --recursive Package.swift Sources Tests
format:   ## Format in place.
	swift format --in-place --recursive Package.swift Sources Tests
bench:    ## Measure training against PyTorch, interleaved (needs Benchmarks/peers/setup.sh).
	.venv/bin/python Benchmarks/peers/compare_train.py
docs:     ## Check that the README's commands work.
	bash Tools/check_readme.sh
golden:   ## Make the golden numbers anew (needs Benchmarks/peers/setup.sh).
	.venv/bin/python Tests/TensorsTests/Goldens/make_goldens.py
	.venv/bin/python Tests/TrainingTests/Goldens/make_gpt_golden.py
	.venv/bin/python Tests/TrainingTests/Goldens/make_muon_golden.py
	.venv/bin/python Tests/LanguageModelsTests/Goldens/make_hf_golden.py
	.venv/bin/python Tests/LanguageModelsTests/Goldens/make_family_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_wordpiece_golden.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_component_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_template_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_learning_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_sentencepiece_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_tiktoken_goldens.py
	.venv/bin/python Tests/TokenizationTests/Goldens/make_vocab_txt_goldens.py
ci:       ## What CI runs.
	bash .ci/run
