"""Interleaved times of time/*.kgen against cuDNN and FA2."""
import glob, json, math, os, re, statistics, sys
import torch, torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from kgen_runtime import Runtime
rt = Runtime('lib/libkgen_runtime.so', 'cuda:0', torch.cuda.current_stream().cuda_stream)
def peer(b, q, k, v, c):
    def run():
        with sdpa_kernel(b): return F.scaled_dot_product_attention(q, k, v, is_causal=c)
    return run
def burst(f, n=8):
    a, b = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    f(); a.record()
    for _ in range(n): f()
    b.record(); torch.cuda.synchronize(); return a.elapsed_time(b) / n
res = []
for d in (128, 64, 256):
    for mode in ('full', 'causal'):
        for S in (512, 1024, 2048, 4096, 8192, 16384):
            B, H = max(1, 16384 // S), 2048 // d
            torch.manual_seed(0)
            q, k, v = (torch.randn(B, H, S, d, device='cuda', dtype=torch.bfloat16) for _ in range(3))
            ref = peer(SDPBackend.FLASH_ATTENTION, q, k, v, mode == 'causal')()
            cont = {'cudnn': peer(SDPBackend.CUDNN_ATTENTION, q, k, v, mode == 'causal'), 'fa2': peer(SDPBackend.FLASH_ATTENTION, q, k, v, mode == 'causal')}
            for f in sorted(glob.glob(f'time/d{d}_{mode}_*.kgen')):
                o = torch.full_like(q, math.nan)
                try:
                    l = rt.bind(rt.load(f), [q, k, v, o]); l(); torch.cuda.synchronize()
                except RuntimeError as e:
                    print(f, 'ERR', str(e)[:200]); continue
                e = ((o.float() - ref.float()).norm() / ref.float().norm()).item()
                if not e < 5e-3: print(f, S, 'WRONG', e)
                cont[os.path.basename(f)[:-5]] = l
            t = {n: [] for n in cont}
            for r in range(7):
                for n, f in cont.items():
                    x = burst(f)
                    if r >= 2: t[n].append(x)
            fl = 4 * B * H * S * S * d * (0.5 if mode == 'causal' else 1)
            for n in cont:
                m = statistics.median(t[n]); ra = statistics.median(a / b for a, b in zip(t['cudnn'], t[n]))
                res.append(dict(d=d, mode=mode, S=S, name=n, ms=m, tflops=fl / m / 1e9, vs_cudnn=ra))
                print(f'd{d} {mode} S{S} {n:16s} {m:.3f} ms {fl/m/1e9:6.0f} TF  {ra:.3f}', flush=True)
json.dump(res, open(sys.argv[1], 'w'))
