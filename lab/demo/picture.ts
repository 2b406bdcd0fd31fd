import type { RouteState } from '../observe/routes.ts';
import type { StepResult } from './stage.ts';
import { failed, type Sample } from '../observe/traffic.ts';

/** One stretch of the picture's time axis. */
const BIN_MS = 500;
const WIDTH = 1100;
const HEIGHT = 452;
/** The chart inside the picture. */
const AREA = { left: 60, right: 1080, top: 84, bottom: 330 };
/** The strip below it that shows the tor's next hops. */
const STRIP = { top: 374, height: 14 };
const COLOUR: Record<string, string> = { lb1: '#2f6f9f', lb2: '#e0a030', lb3: '#4f9d69', failed: '#c0392b' };
const SERIES = ['lb1', 'lb2', 'lb3', 'failed'];

/**
 * An SVG of requests per lb node over time: one stacked bar for each half second, failed requests on top in red, the
 * steps as marked lines, and below, which lb nodes the tor's kernel route went to.
 */
export function renderPicture(
  samples: readonly Sample[],
  results: readonly StepResult[],
  routes: readonly RouteState[],
): string {
  const times = samples.map(({ at }) => at);
  const begin = Math.min(...times);
  const end = Math.max(...times) + BIN_MS;
  const x = (at: number): number =>
    AREA.left + ((clamp(at, begin, end) - begin) / (end - begin)) * (AREA.right - AREA.left);
  const body = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(AREA.left, 26, 'Requests per second and lb node', 'font-size="17" font-weight="600"'),
    ...legend(),
    ...axes(begin, end, x),
    ...bars(samples, begin, end, x),
    ...events(results, x),
    ...nexthops(routes, end, x),
  ];
  const style = 'font-family="system-ui, sans-serif" font-size="12" fill="#222222"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${style}>\n${body.join('\n')}\n</svg>\n`;
}

function bars(samples: readonly Sample[], begin: number, end: number, x: (at: number) => number): string[] {
  const bins = Map.groupBy(samples, ({ at }) => Math.floor((at - begin) / BIN_MS));
  const most = Math.max(...[...bins.values()].map(({ length }) => length));
  const scale = (AREA.bottom - AREA.top) / (most * 1.05);
  const width = Math.max(x(begin + BIN_MS) - x(begin) - 0.6, 0.5);
  const top = text(AREA.left - 8, AREA.bottom - most * scale + 4, String(most * (1000 / BIN_MS)), 'text-anchor="end"');
  return [
    top,
    ...[...bins]
      .filter(([bin]) => begin + (bin + 1) * BIN_MS <= end)
      .flatMap(([bin, inBin]) => stack(inBin, x(begin + bin * BIN_MS), width, scale)),
  ];
}

function stack(samples: readonly Sample[], left: number, width: number, scale: number): string[] {
  let base = AREA.bottom;
  return SERIES.flatMap((series) => {
    const count = series === 'failed' ? failed(samples).length : samples.filter(({ lb }) => lb === series).length;
    if (count === 0) return [];
    base -= count * scale;
    return [rect(left, base, width, count * scale, COLOUR[series])];
  });
}

function axes(begin: number, end: number, x: (at: number) => number): string[] {
  const seconds = Array.from({ length: Math.floor((end - begin) / 10_000) + 1 }, (_, i) => i * 10);
  return [
    line(AREA.left, AREA.bottom, AREA.right, AREA.bottom, '#888888'),
    text(AREA.left - 8, AREA.bottom + 4, '0', 'text-anchor="end"'),
    ...seconds.map((second) =>
      text(x(begin + second * 1000), AREA.bottom + 18, `${second} s`, 'text-anchor="middle" fill="#666666"'),
    ),
  ];
}

/** A line at each action, with its letter; the words stand above, in two rows so that they do not meet. */
const events = (results: readonly StepResult[], x: (at: number) => number): string[] =>
  results.flatMap(({ at, step, title }, index) => {
    const label = step === '0' ? title : `(${step}) ${title}`;
    const row = AREA.top - (index % 2 === 0 ? 22 : 8);
    return [line(x(at), row + 3, x(at), AREA.bottom, '#555555', '3 3'), text(x(at) + 3, row, label)];
  });

function nexthops(routes: readonly RouteState[], end: number, x: (at: number) => number): string[] {
  const label = text(AREA.left - 8, STRIP.top + 25, 'tor', 'text-anchor="end"');
  const lbs = SERIES.slice(0, 3);
  const blocks = routes.flatMap((state, index) => {
    const until = routes[index + 1]?.at ?? end;
    return state.nexthops.map((lb) =>
      rect(
        x(state.at),
        STRIP.top + lbs.indexOf(lb) * (STRIP.height + 3),
        x(until) - x(state.at),
        STRIP.height,
        COLOUR[lb],
      ),
    );
  });
  return [label, ...blocks, text(AREA.left, STRIP.top - 5, "next hops of the tor's kernel route", 'fill="#666666"')];
}

const legend = (): string[] =>
  SERIES.flatMap((series, index) => {
    const left = 420 + index * 80;
    return [rect(left, 16, 12, 12, COLOUR[series]), text(left + 17, 26, series)];
  });

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
const round = (value: number): string => String(Math.round(value * 10) / 10);

const rect = (left: number, top: number, width: number, height: number, fill = '#000000'): string =>
  `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" fill="${fill}"/>`;

const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, dashes = 'none'): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}" stroke-dasharray="${dashes}"/>`;

const text = (left: number, top: number, content: string, attributes = ''): string =>
  `<text x="${round(left)}" y="${round(top)}" ${attributes}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
