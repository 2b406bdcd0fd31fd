/** The lab cannot do what was asked. The message names the place, what was expected and what was found. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
