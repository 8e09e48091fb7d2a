#!/bin/bash
# Times this build's forward kernels against those of earlier builds, interleaved, without Python:
#   bench/own_history.sh TOOLS STORE [LABEL]
# TOOLS holds kgen-compile, kgen-verify and kgen-bench. STORE is a folder that is kept between builds: STORE/LABEL holds the artefacts of one
# build (LABEL: the commit), STORE/labels their order, STORE/results.jsonl every comparison. The first build has nothing to compare with.
# Exit status: 0 no kernel became slower, 1 one did or was rejected, 2 nothing could be done.
#
# What to time, by environment variables:
#   DEVICE=cuda:0  TARGET=auto      where, and kgen-compile's target
#   BASE=LABEL                      the build to compare with (default: the one before)
#   DTYPES VARIANTS HEAD_DIMS LENGTHS   lists; see below
#   TOKENS=16384 WIDTH=2048         B * S and H * D
#   SECONDS_EACH=0.5  BUDGET=540    of timing for each comparison; of the whole run
#   SLOWER=1.03                     a ratio beyond it, less twice its spread, counts as slower
set -uo pipefail
[ $# -ge 2 ] || { sed -n '2,18s/^# \{0,1\}//p' "$0"; exit 2; }
tools=$1 store=$2 label=${3:-$(git -C "$(dirname "$0")" rev-parse --short HEAD 2>/dev/null || date +%Y%m%d-%H%M%S)}
: "${DEVICE:=cuda:0}" "${TARGET:=auto}" "${DTYPES:=bf16 f16}" "${HEAD_DIMS:=64 128 256}" "${LENGTHS:=16384 4096 1024}"
: "${VARIANTS:=full causal relative_position alibi softcap sliding_window}"
: "${TOKENS:=16384}" "${WIDTH:=2048}" "${SECONDS_EACH:=0.5}" "${BUDGET:=540}" "${SLOWER:=1.03}"
for tool in kgen-compile kgen-verify kgen-bench; do
  [ -x "$tools/$tool" ] || { echo "own_history.sh: no $tool in $tools" >&2; exit 2; }
done
mkdir -p "$store/$label" || exit 2
started=$SECONDS

mods_of() {
  case $1 in
  full) ;;
  sliding_window) echo ' mods [#attention.sliding_window<window = 1024>]' ;;
  softcap) echo ' mods [#attention.softcap<cap = 20.0>]' ;;
  alibi_causal) echo ' mods [#attention.causal, #attention.alibi]' ;;
  *) echo " mods [#attention.$1]" ;;
  esac
}

# kernel DTYPE DIM VARIANT: the MLIR of one kernel for every batch and length.
kernel() {
  local tensor="tensor<?x$((WIDTH / $2))x?x$2x$1>"
  printf 'func.func @%s(%%q: %s, %%k: %s, %%v: %s) -> %s {\n' "$3" "$tensor" "$tensor" "$tensor" "$tensor"
  printf '  %%o = attention.forward %%q, %%k, %%v%s : (%s, %s, %s) -> %s\n' "$(mods_of "$3")" "$tensor" "$tensor" "$tensor" "$tensor"
  printf '  return %%o : %s\n}\n' "$tensor"
}

status=0
cases=()
for dtype in $DTYPES; do for variant in $VARIANTS; do for dim in $HEAD_DIMS; do
  name=${dtype}_d${dim}_$variant
  kernel "$dtype" "$dim" "$variant" >"$store/$label/$name.mlir"
  if "$tools/kgen-compile" "$store/$label/$name.mlir" --target="$TARGET" -o "$store/$label/$name.kgen" 2>"$store/$label/$name.log"; then
    cases+=("$name")
  else
    echo "REFUSED $name: $(head -1 "$store/$label/$name.log")"
    status=1
  fi
done; done; done
touch "$store/labels"
base=${BASE:-$(grep -vxF "$label" "$store/labels" | tail -1)}
grep -qxF "$label" "$store/labels" || echo "$label" >>"$store/labels"
[ ${#cases[@]} -gt 0 ] || exit 2
if [ -z "$base" ]; then
  echo "$label: ${#cases[@]} kernels kept; a later build is timed against them"
  exit $status
fi

echo "time of $label / time of $base, below 1: $label is faster ($DEVICE)"
left=0
for name in "${cases[@]}"; do
  [ -f "$store/$base/$name.kgen" ] || { echo "  $name: not in $base"; continue; }
  if cmp -s "$store/$base/$name.kgen" "$store/$label/$name.kgen"; then
    echo "  $name: the same bytes"
    continue
  fi
  for length in $LENGTHS; do
    if [ $((SECONDS - started)) -ge "$BUDGET" ]; then
      left=$((left + 1))
      continue
    fi
    sizes=B=$((TOKENS / length > 0 ? TOKENS / length : 1)),Sq=$length,Skv=$length
    said=$("$tools/kgen-bench" "$store/$base/$name.kgen" "$store/$label/$name.kgen" --device="$DEVICE" --sizes="$sizes" --families=normal \
      --no-neighbours --repeats=2 --time-seconds="$SECONDS_EACH" --json="$store/results.jsonl" 2>&1)
    if [ $? -ne 0 ]; then
      echo "  $name $length: $(echo "$said" | head -2 | tr '\n' ' ')"
      status=1
      continue
    fi
    ratio=$(echo "$said" | sed -n 's/.*ratio \([0-9.]*\) +- \([0-9.]*\).*/\1 \2/p')
    verdict=$(echo "$ratio $SLOWER" | awk '{ if ($1 - 2 * $2 > $3) print "SLOWER"; else if ($1 + 2 * $2 < 1 / $3) print "faster"; else print "equal" }')
    [ "$verdict" = SLOWER ] && status=1
    printf '  %-28s S %-6s %s +- %s  %s\n' "$name" "$length" $ratio "$verdict"
  done
done
[ "$left" -eq 0 ] || echo "no time for $left comparisons: raise BUDGET, or choose fewer"
exit $status
