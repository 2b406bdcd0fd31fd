import { describe, expect, it } from 'vitest';
import { Framing } from '../../../lab/guest/framing.ts';

const ROOM = { window: 30, part: 8 };

/** Two ends of a line that delivers only when told to. */
function connect() {
  const received: unknown[] = [];
  const toB: string[] = [];
  const toA: string[] = [];
  const a = new Framing<unknown, unknown>(
    ROOM,
    ROOM,
    (line) => toB.push(line),
    () => undefined,
  );
  const b = new Framing<unknown, unknown>(
    ROOM,
    ROOM,
    (line) => toA.push(line),
    (message) => received.push(message),
  );
  const deliver = (): void => {
    for (const line of toB.splice(0)) b.receive(line.trimEnd());
    for (const line of toA.splice(0)) a.receive(line.trimEnd());
  };
  return { a, b, toB, deliver, received };
}

describe('Framing', () => {
  it('carries messages in their order, whatever their length and letters', () => {
    const { a, toB, deliver, received } = connect();
    const messages = ['', 'short', 'ünï😀\n'.repeat(20), { nested: ['x'.repeat(100)] }];
    for (const message of messages) a.send(message);
    while (toB.length > 0) deliver();
    expect(received).toEqual(messages);
  });

  it('has never more on its way than there is room for', () => {
    const { a, toB, deliver } = connect();
    a.send('x'.repeat(500));
    for (let rounds = 0; toB.length > 0; rounds++) {
      expect(toB.join('').length).toBeLessThanOrEqual(ROOM.window);
      expect(rounds).toBeLessThan(100);
      deliver();
    }
  });

  it('waits while nobody reads', () => {
    const { a, toB } = connect();
    a.send('x'.repeat(500));
    const before = toB.length;
    a.send('more');
    expect(toB).toHaveLength(before);
  });

  it('takes no notice of what a kernel prints on the line', () => {
    const { b, received } = connect();
    for (const line of ['random: crng init done', '', '="ok"']) b.receive(line);
    expect(received).toEqual(['ok']);
  });
});
