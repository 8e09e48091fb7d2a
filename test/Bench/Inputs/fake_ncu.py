#!/usr/bin/env python3
"""Stands for Nsight Compute: prints made-up counters for each artefact that it was to profile, as `ncu --csv --page raw` does."""
import glob
import sys

folder = next(argument for argument in sys.argv if argument.startswith("--launch=")).split("=", 1)[1]
names = sys.argv[sys.argv.index("--metrics") + 1].split(",")
print("==PROF== Connected to process 1")
print(",".join(f'"{name}"' for name in ["ID", "Kernel Name", *names]))
print(",".join(f'"{unit}"' for unit in ["", "", *["unit"] * len(names)]))
for number, path in enumerate(sorted(glob.glob(folder + "/*.kgen"))):
    values = [str(number), path.rsplit("/", 1)[1], *map(str, range(len(names)))]
    print(",".join(f'"{value}"' for value in values))
