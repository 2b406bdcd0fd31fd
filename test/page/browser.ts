import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { findFile, LAB_ROOT, libraryPath } from '../../lab/machine/place.ts';

/** The program itself: the script that Debian has in its place looks for its parts below /usr. */
const PROGRAM = 'usr/lib/chromium/chromium';

/** Where Debian's chromium is; undefined where set-up has not fetched it (`--test-tools`). */
export const findChromium = (): string | undefined => findFile(PROGRAM);

/** A browser, and what ends it. */
export interface Started {
  readonly browser: Browser;
  readonly end: () => Promise<void>;
}

export async function startBrowser(program: string): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-page-'));
  const fonts = join(directory, 'fonts.conf');
  await writeFile(fonts, fontConfig(join(directory, 'cache')));
  const browser = await chromium.launch({
    executablePath: program,
    // Of the browser itself, which here sees pages of this project alone; its sandbox needs a kernel that lets it.
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: `${libraryPath()}:${join(libraryPath(), 'pulseaudio')}`,
      FONTCONFIG_FILE: fonts,
      HOME: directory,
    },
  });
  const end = async (): Promise<void> => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { browser, end };
}

/** Fonts of the unpacked packages, and of this machine. */
const fontConfig = (cache: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${[join(LAB_ROOT, 'usr/share/fonts'), '/usr/share/fonts']
  .filter((path) => existsSync(path))
  .map((path) => `<dir>${path}</dir>`)
  .join('')}
<cachedir>${cache}</cachedir>
<match target="pattern"><test name="family" compare="contains"><string>mono</string></test><edit name="family" mode="append" binding="strong"><string>DejaVu Sans Mono</string></edit></match>
<match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
</fontconfig>
`;
