import { type Html, html } from './html.ts';

/** `3,000`. */
export const count = (value: number): string => value.toLocaleString('en');

/** `3 peers`, `1 peer`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

const SCALES = ['', 'k', 'M', 'G', 'T'] as const;

/** Three digits at most, as `12.4 k`: what changes in the fourth is noise. */
export function scaled(value: number): string {
  const step = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), SCALES.length - 1);
  const part = value / 1000 ** step;
  const text = part === 0 || part >= 100 ? part.toFixed(0) : part.toPrecision(part < 1 ? 1 : part < 10 ? 2 : 3);
  return step === 0 ? text : `${text} ${SCALES[step]}`;
}

/** What passes in a second, as networks are measured: `12.4 Mbit/s`. */
export function bitRate(bytes: number): string {
  const text = scaled(bytes * 8);
  return `${text}${text.includes(' ') ? '' : ' '}bit/s`;
}

const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const;

/** `4 d 3 h`, `12 min 5 s`, `0 s`: two units at most. */
export function duration(ms: number): string {
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  const shown = first === -1 ? UNITS.slice(-1) : UNITS.slice(first, first + 2);
  let left = ms;
  const parts = shown.map(({ ms: size, name }) => {
    const whole = Math.floor(left / size);
    left -= whole * size;
    return { whole, text: `${whole} ${name}` };
  });
  return parts
    .filter(({ whole }, index) => index === 0 || whole > 0)
    .map(({ text }) => text)
    .join(' ');
}

/**
 * A moment, in UTC as the logs have it. How long ago that is changes all the time, and so is left to the script: without it
 * the moment stands alone.
 *
 * @param at milliseconds since the epoch
 */
export function moment(at: number): Html {
  const iso = new Date(at).toISOString();
  const text = `${iso.slice(8, 10)} ${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(11, 19)} UTC`;
  return html`<time datetime="${iso}" title="${iso}">${text}</time><span class="age" data-since="${at}"></span>`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As much of a name as there is room for, with its end, in which names of one family differ. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(1 - length + head)}`;
}
