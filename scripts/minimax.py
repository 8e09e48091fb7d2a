"""Coefficients of the approximations in lib/Target: polynomials and quotients of polynomials with the least greatest error.

    scripts/minimax.py        # needs numpy

Prints the coefficients rounded to f32, lowest power first, and the error when they are evaluated in f32 with fused multiply-adds.
"""
import numpy as np


def fit_power(degree, half_width=0.5, rounds=40):
    """2^r = p(r) on |r| <= half_width: Remez exchange on the relative error."""
    count = degree + 2
    points = -np.cos(np.pi * np.arange(count) / (count - 1)) * half_width
    grid = np.linspace(-half_width, half_width, 20001)
    for _ in range(rounds):
        system = np.column_stack([points**k for k in range(degree + 1)] + [(-1.0) ** np.arange(count) * 2.0**points])
        solution = np.linalg.solve(system, 2.0**points)[:-1]
        error = np.polyval(solution[::-1], grid) * 2.0**-grid - 1
        extrema = []  # the greatest of each run of one sign
        for i in range(len(grid)):
            if extrema and np.sign(error[i]) == np.sign(error[extrema[-1]]):
                if abs(error[i]) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        if len(extrema) != count:
            break
        points = grid[extrema]
    return solution


def fit_tanh(numerator, denominator, limit, rounds=400):
    """tanh x = x P(x^2) / Q(x^2) on |x| <= limit, Q(0) = 1: linearised least squares (Sanathanan and Koerner, 1963) whose weights follow
    the absolute error (Lawson, 1961)."""
    x = (1 - np.cos(np.linspace(0, np.pi, 4001))) / 2 * limit
    y, u = np.tanh(x), x * x
    columns = [x * u**k for k in range(numerator + 1)] + [-y * u**k for k in range(1, denominator + 1)]
    weights, quotient, best = np.ones_like(x), np.ones_like(x), None
    for _ in range(rounds):
        scale = np.sqrt(weights) / quotient
        solution = np.linalg.lstsq(np.column_stack(columns) * scale[:, None], y * scale, rcond=None)[0]
        p = sum(solution[k] * u**k for k in range(numerator + 1))
        quotient = 1 + sum(solution[numerator + k] * u**k for k in range(1, denominator + 1))
        error = np.abs(x * p / quotient - y)
        if best is None or error.max() < best[0]:
            best = error.max(), solution
        weights = weights * (error / error.max() + 1e-9)
        weights /= weights.mean()
    return best[1][: numerator + 1], np.concatenate([[1.0], best[1][numerator + 1 :]])


def horner(coefficients, x):
    """In f32, each multiply-add rounded once."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = (total.astype(np.float64) * x + coefficient).astype(np.float32)
    return total


def show(name, coefficients):
    print(f"{name}:", ", ".join(f"{value:.9e}" for value in coefficients))


def main():
    power = fit_power(3).astype(np.float32)
    r = np.linspace(-0.5, 0.5, 2_000_001).astype(np.float32)
    show("2^r on |r| <= 1/2", power)
    print(f"  relative error {np.abs(horner(power, r) / np.exp2(r.astype(np.float64)) - 1).max():.2e}")

    limit = 7.0
    p, q = (part.astype(np.float32) for part in fit_tanh(3, 3, limit))
    show("tanh, P", p)
    show("tanh, Q", q)
    x = np.linspace(-12, 12, 4_000_001).astype(np.float32)
    held = np.clip(x, -limit, limit).astype(np.float32)
    result = horner(p, held * held) * held * (np.float32(1) / horner(q, held * held))
    print(f"  absolute error {np.abs(result - np.tanh(x.astype(np.float64))).max():.2e}, greatest {np.abs(result).max():.7f}")


if __name__ == "__main__":
    main()
