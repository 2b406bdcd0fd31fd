import { checkedBy } from './programs.ts';

/** What Prometheus has against expressions, each of which is a line; comments begin with a hash. */
export function promqlProblems(text: string): string[] {
  const rules = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const lines = rules.map((expr, index) => `  - record: documented:${index}\n    expr: ${JSON.stringify(expr)}`);
  return checkedBy('promtool', `groups:\n- name: documented\n  rules:\n${lines.join('\n')}\n`);
}
