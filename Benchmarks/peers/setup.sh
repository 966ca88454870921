#!/bin/sh
# Makes .venv at the repository's root with the versions our figures were measured against.
#
#   Benchmarks/peers/setup.sh
#
# PYTHON chooses the interpreter (3.10 or newer). TORCH_INDEX is where PyTorch's CPU build is; when
# it cannot be reached, the default index serves (on Linux that build is larger, because it carries
# CUDA; the CPU code is the same). Nothing in Martlet needs this: it is for comparisons only.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
venv="$root/.venv"
index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}
torch=2.15.0

if [ ! -x "$venv/bin/python" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
fi

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

if ! "$venv/bin/python" -c "import torch; assert torch.__version__.startswith('$torch')" 2>/dev/null
then
    install --index-url "$index" "torch==$torch" || install "torch==$torch"
fi
install numpy==2.4.6 transformers==5.23.0 tokenizers==0.23.3 tiktoken==0.14.0 safetensors==0.8.0 \
    regex==2026.11.15

# llama.cpp comes as source inside llama-cpp-python and is built here for this machine: with AVX-512 and
# its bfloat16 where the processor has them, and never with its AMX path (which stopped with an illegal
# instruction on the machine it was tried on). Minutes. A .venv moved to another processor is built again.
llama=0.3.36
options="-DGGML_NATIVE=OFF -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON \
-DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAVA_BUILD=OFF"
if grep -qw avx512_bf16 /proc/cpuinfo 2>/dev/null; then
    options="$options -DGGML_AVX512=ON -DGGML_AVX512_VBMI=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_BF16=ON"
fi
stamp="$venv/llama-$llama-options"
if [ "$(cat "$stamp" 2>/dev/null)" != "$options" ]; then
    CMAKE_ARGS="$options" install --no-cache-dir --force-reinstall --no-deps \
        --no-binary llama-cpp-python "llama-cpp-python==$llama"
    install "llama-cpp-python==$llama"  # what it needs
    printf '%s\n' "$options" > "$stamp"
fi
install gguf==0.19.0

"$venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

for name in ("torch", "transformers", "tokenizers", "tiktoken", "safetensors", "llama-cpp-python"):
    print(name, version(name))
PYTHON
