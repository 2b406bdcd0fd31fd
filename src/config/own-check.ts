import type { CheckTarget } from '../model/own-check.ts';

/** The keys of a check of which one says what is tried, and the one that goes with `http`. */
interface Written {
  readonly tcp: { readonly address: string; readonly port: number } | undefined;
  readonly http: string | undefined;
  readonly status: { readonly least: number; readonly most: number };
  readonly exec: readonly string[] | undefined;
}

/** What a check tries; undefined where it says several things or none. */
export function targetOf({ exec, http, status, tcp }: Written): CheckTarget | undefined {
  const [file, ...args] = exec ?? [];
  const targets: CheckTarget[] = [
    ...(tcp ? [{ kind: 'tcp' as const, ...tcp }] : []),
    ...(http === undefined ? [] : [{ kind: 'http' as const, url: http, ...status }]),
    ...(file === undefined ? [] : [{ kind: 'exec' as const, argv: [file, ...args] as [string, ...string[]] }]),
  ];
  return targets.length === 1 ? targets[0] : undefined;
}
