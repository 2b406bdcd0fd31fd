import type { Status } from '../../model/status.ts';
import type { Traffic } from '../../model/traffic.ts';
import { conditionSection } from './conditions.ts';
import { headline } from './headline.ts';
import { peerSection, rangeSection } from './paths.ts';
import { checkSection, counterSection, historySection, leftOutSection, othersSection } from './rest.ts';
import type { Screen } from './screen.ts';
import { serverSection } from './servers.ts';

/** A status as text for people: what is announced and why on top, then what is wrong, then what is served. */
export function renderStatus(screen: Screen, status: Status, traffic: Traffic): string {
  const sections = [
    headline(screen, status),
    conditionSection(screen, status),
    rangeSection(screen, status),
    peerSection(screen, status),
    serverSection(screen, status, traffic),
    checkSection(screen, status),
    othersSection(screen, status),
    counterSection(screen, status),
    historySection(screen, status),
    leftOutSection(screen, status),
  ];
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${shown.join('\n\n')}\n`;
}
