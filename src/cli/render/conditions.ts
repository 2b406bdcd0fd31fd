import { type Condition, CONDITIONS, type Effect, effectOf } from '../../model/condition.ts';
import type { Status } from '../../model/status.ts';
import { paint, type Screen, type Style } from './screen.ts';
import { hanging } from './text.ts';

const EFFECT_STYLE: Readonly<Record<Effect, Style | undefined>> = {
  'withdraws-at-once': 'red',
  withdraws: 'red',
  deprioritises: 'yellow',
  reports: undefined,
};

/** What is wrong, and below each code what to look at first. */
export function conditionSection(screen: Screen, { conditions }: Status): string[] {
  if (conditions.length === 0) return [];
  const byCode = Map.groupBy(conditions, ({ code }) => code);
  const lines = [...byCode].flatMap(([code, same]) => [
    ...same.flatMap((condition) => conditionLines(screen, condition)),
    ...hanging('    look at: ', CONDITIONS[code].hint, screen.width, '      '),
  ]);
  return [paint(screen, 'bold', 'Conditions'), ...lines];
}

function conditionLines(screen: Screen, condition: Condition): string[] {
  const head = `${condition.code} (${effectOf(condition)})`;
  const [first = '', ...more] = hanging('  ', `${head}: ${condition.detail}`, screen.width, '    ');
  return [first.replace(head, () => paint(screen, EFFECT_STYLE[effectOf(condition)], head)), ...more];
}
