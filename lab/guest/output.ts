/** How much may be on its way to the host, and how much is written at once, in bytes. */
const WINDOW = 96_000;
const PIECE = 16_000;

let unsent: Buffer[] = [];
let sent = 0;
let received = 0;

/**
 * Queues text for the host. No more than a window of it is ever on its way: the console of a UML kernel stands still
 * for good when its other end is full, and a write to it then never returns.
 */
export function sendText(text: string): void {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += PIECE) unsent.push(bytes.subarray(start, start + PIECE));
  flush();
}

/** Takes note of how much the host has read since the start, in bytes; later counts are greater. */
export function acknowledge(total: number): void {
  received = total;
  flush();
}

function flush(): void {
  let next = 0;
  for (; next < unsent.length && sent - received < WINDOW; next++) {
    const piece = unsent[next] ?? Buffer.of();
    sent += piece.length;
    process.stdout.write(piece);
  }
  unsent = unsent.slice(next);
}
