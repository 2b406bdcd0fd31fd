/**
 * Looks until `look` returns something true, and returns that. Rejects after `timeoutMs` with what was seen last. The
 * time is generous: how fast something happens is for the benchmarks, that it happens is for the tests.
 */
export async function eventually<T>(look: () => Promise<T>, timeoutMs = 15_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`not seen within ${timeoutMs} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
