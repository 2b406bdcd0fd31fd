export type Severity = 'ok' | 'warning' | 'error';

/** What the doctor looks at, each with what it may come to beside `ok`. docs/doctor.md has a row for each; a test compares. */
export const CHECKS = {
  'node.js': ['error'],
  kernel: ['warning', 'error'],
  capabilities: ['error'],
  'native module': ['error'],
  module: ['warning', 'error'],
  firewall: ['error'],
  sysctl: ['warning', 'error'],
  rp_filter: ['warning'],
  forward: ['warning', 'error'],
  input: ['warning', 'error'],
  conntrack: ['warning', 'error'],
  neighbour: ['warning', 'error'],
  range: ['warning', 'error'],
  leftovers: ['warning'],
  'virtual servers': ['warning'],
  gobgpd: ['warning', 'error'],
  'dead man': ['warning'],
  'bgp port': ['error'],
  'bfd port': ['error'],
  bfd: ['warning'],
  'way to peer': ['error'],
  peer: ['warning', 'error'],
  mtu: ['warning', 'error'],
  'mss clamp': ['warning'],
  'kernel clock': ['warning'],
  'api address': ['error'],
  'api answer': ['error'],
  'api certificate': ['warning', 'error'],
  clock: ['warning'],
  rights: ['warning', 'error'],
  look: ['warning'],
} as const satisfies Readonly<Record<string, readonly Exclude<Severity, 'ok'>[]>>;

type Checks = typeof CHECKS;
type Coming<S> = { [C in keyof Checks]: S extends Checks[C][number] ? C : never }[keyof Checks];
/** A check, by itself or of one thing: `clock`, `mtu: eth0`. */
type Of<C extends string> = C | `${C}: ${string}`;

/** What the doctor says of one thing. */
export interface Finding {
  /** What was looked at, as `api address`. */
  readonly check: Of<keyof Checks>;
  readonly severity: Severity;
  readonly found: string;
  /** What a person can do about it, commands between backticks; absent where all is well. */
  readonly remedy?: string;
}

/** Why something could not be found out. */
export interface Unknown {
  readonly problem: string;
}

export const ok = (check: Finding['check'], found: string): Finding => ({ check, severity: 'ok', found });

export const warning = (check: Of<Coming<'warning'>>, found: string, remedy: string): Finding => ({
  check,
  severity: 'warning',
  found,
  remedy,
});

export const error = (check: Of<Coming<'error'>>, found: string, remedy: string): Finding => ({
  check,
  severity: 'error',
  found,
  remedy,
});

/** Where nothing is known, nothing is judged. `remedy`: what would let the doctor look. */
export const unseen = (what: string, { problem }: Unknown, remedy: string): Finding =>
  warning(`look: ${what}`, `could not look: ${problem}`, remedy);

export const isUnknown = (value: unknown): value is Unknown =>
  typeof value === 'object' && value !== null && 'problem' in value && typeof value.problem === 'string';

export const isWell = (findings: readonly Finding[]): boolean => findings.every(({ severity }) => severity !== 'error');
