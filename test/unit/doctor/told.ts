import type { Finding } from '../../../src/doctor/finding.ts';

/** A finding on one line. */
export const told = ({ check, found, severity }: Finding): string => `${severity} ${check}: ${found}`;

/** What of several findings is not well, by its severity and check. */
export const wrong = (findings: readonly Finding[]): string[] =>
  findings.filter(({ severity }) => severity !== 'ok').map(({ check, severity }) => `${severity} ${check}`);

/** The commands that a remedy names. */
export const commandsIn = (finding: Pick<Finding, 'remedy'> | undefined): string[] =>
  Array.from((finding?.remedy ?? '').matchAll(/`([^`]+)`/g), ([, command = '']) => command);

export const commandIn = (finding: Pick<Finding, 'remedy'> | undefined): string | undefined => commandsIn(finding)[0];
