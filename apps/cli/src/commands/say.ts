import type { SwitchboardClient } from '#client';
import type { MessageLine } from '../input-line.js';
import { printable } from '../printable.js';
import type { Screen } from '../screen.js';

const SHOWN = 40;

/** Sends what was typed and says what became of it; resolves with whether it was accepted. */
export async function say(client: SwitchboardClient, { to, content }: MessageLine, screen: Screen): Promise<boolean> {
  const what = printable(`${to}: ${content.length > SHOWN ? `${content.slice(0, SHOWN)}…` : content}`);
  try {
    await client.send(to, content);
    screen.status(`✓ ${what}`);
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    screen.status(`✗ ${what} (${printable(error.message)})`);
    return false;
  }
}
