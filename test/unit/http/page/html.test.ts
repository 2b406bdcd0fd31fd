import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { html } from '../../../../src/http/page/html.ts';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');

describe('a template', () => {
  test('escapes text and attributes, joins lists, and leaves out what is undefined', () => {
    const inner = html`<b>${'<&>'}</b>`;
    expect(html`<p title="${`"'`}">${[inner, 1, undefined, ['x', inner]]}</p>`.markup).toBe(
      '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1x<b>&lt;&amp;&gt;</b></p>',
    );
  });

  test('shows any text as it is, and lets none out of where it stands', () => {
    const unit = constantFrom('<', '>', '"', "'", '&', '/', '=', ' ', 'a', '`', '$', '\\', '😀', '\n');
    assert(
      property(string({ unit }), (hostile) => {
        const { markup } = html`<p title="${hostile}">${hostile}</p>`;
        const [, attribute = '', inside = ''] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(markup) ?? [];
        expect([unescaped(attribute), unescaped(inside)]).toStrictEqual([hostile, hostile]);
      }),
    );
  });

  test.each([
    ['a control character', 'a\u0000b\u001bc', 'a\ufffdb\ufffdc'],
    ['what turns the direction of writing', 'a\u202eb\u2066c', 'a\ufffdb\ufffdc'],
    ['half of a character', 'a\ud83d', 'a\ufffd'],
  ])('shows %s as one that cannot be shown', (_, text, shown) => {
    expect(html`${text}`.markup).toBe(shown);
  });
});
