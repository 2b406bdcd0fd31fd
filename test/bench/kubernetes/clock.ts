/** Milliseconds of the machine's clock that never goes back: the same for all its processes. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
