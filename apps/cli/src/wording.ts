import { CLOSE } from '#protocol';
import type { MessageEvent } from '#protocol';
import type { Ended } from '#client';
import { printable } from './printable.js';

const ENDINGS: Readonly<Record<number, string>> = {
  [CLOSE.normal]: 'the server closed the connection',
  [CLOSE.tooBig]: 'a message was too big for the server',
  [CLOSE.authFailed]: 'authentication failed',
  [CLOSE.replaced]: 'another connection of this user took over',
  [CLOSE.disconnected]: 'the server disconnected this user',
  [CLOSE.abuse]: 'the server closed the connection for abuse',
};

export const messageText = ({ from, content, conversation }: MessageEvent): string =>
  `${printable(from)}${conversation === undefined ? '' : ` in ${printable(conversation)}`}: ${printable(content)}`;

export const endedText = ({ code, reason, error }: Ended): string =>
  error?.error ??
  `${ENDINGS[code] ?? 'the connection ended'} (${code}${reason === '' ? '' : `, ${printable(reason)}`})`;

export interface Loss {
  readonly delayMs: number;
  readonly code: number;
  readonly reason: string;
}

/** @param again it was lost before, and has not come back since */
export const lostText = ({ delayMs, code, reason }: Loss, again: boolean): string =>
  `${again ? 'no connection yet' : 'connection lost'} (${reason === '' ? code : printable(reason)}); trying again in ${(delayMs / 1000).toFixed(1)} s`;
