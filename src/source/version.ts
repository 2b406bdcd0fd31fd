/**
 * A resourceVersion as a number that tells what is older (KEP-5504: all that an API server hands out for one resource are
 * decimal and grow). NaN for any other text: that is neither older nor newer than anything.
 */
export const versionNumber = (resourceVersion: unknown): number =>
  typeof resourceVersion === 'string' && /^\d{1,15}$/.test(resourceVersion) ? Number(resourceVersion) : Number.NaN;
