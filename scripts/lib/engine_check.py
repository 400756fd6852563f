"""Exit with 0 when the installed inference engine can run on this processor.

Run in a process of its own: a library that was compiled for another processor kills it with a signal. Loading it
proves little, because the faster instructions are first used when a model computes, so what the library was compiled
for is also compared with what Linux says that the processor can do.
"""

import sys
from pathlib import Path

import llama_cpp

# Names in llama.cpp's system info -> names in /proc/cpuinfo.
_FEATURES = {
    "SSE3": "pni",
    "SSSE3": "ssse3",
    "AVX": "avx",
    "AVX_VNNI": "avx_vnni",
    "AVX2": "avx2",
    "F16C": "f16c",
    "FMA": "fma",
    "BMI2": "bmi2",
    "AVX512": "avx512f",
    "AVX512_VBMI": "avx512vbmi",
    "AVX512_VNNI": "avx512_vnni",
    "AVX512_BF16": "avx512_bf16",
    "AMX_INT8": "amx_int8",
    "DOTPROD": "asimddp",
    "SVE": "sve",
    "MATMUL_INT8": "i8mm",
}


def _processor_flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return set(value.split())
    return set()


def main() -> None:
    llama_cpp.llama_backend_init()
    info = llama_cpp.llama_print_system_info().decode()
    compiled = {part.split("=")[0].split(":")[-1].strip() for part in info.split("|") if part.strip().endswith("= 1")}
    flags = _processor_flags()
    missing = sorted(name for name in compiled & _FEATURES.keys() if flags and _FEATURES[name] not in flags)
    if missing:
        sys.exit(f"compiled for a processor with {', '.join(missing)}, which this one lacks")


if __name__ == "__main__":
    main()
