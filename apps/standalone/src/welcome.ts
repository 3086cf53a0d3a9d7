import { resolve } from 'node:path';

export interface WelcomeOptions {
  readonly AUTH_MODE?: string;
  readonly ENGINE: string;
  readonly DATA_DIR: string;
}

const LOOPBACK = /^(127\.0\.0\.1|\[::1\]|localhost)$/;

/** What a newcomer sees once everything runs: where it listens (`url` of its HTTP side), who may come in, and what to try next. */
export function welcome(url: string, config: WelcomeOptions): string {
  const { hostname, port, protocol } = new URL(url);
  const ws = protocol === 'https:' ? 'wss' : 'ws';
  const local = LOOPBACK.test(hostname);
  const host = `${local ? 'localhost' : hostname}:${port}`;
  const storage = config.ENGINE === 'embedded' ? resolve(config.DATA_DIR) : 'Redis';
  const open = config.AUTH_MODE === 'none';
  return `
Switchboard is running: gateway, presence and router in one process.

  clients connect to   ${ws}://${host}/ws${local ? ' (from this machine only)' : ''}
  who may come in      ${open ? 'anybody, as anybody (AUTH_MODE=none: for trying out)' : 'who has a token (AUTH_MODE=jwt): give it to the commands below with --token'}
  messages are kept in ${storage}

Try it, in two other terminals:

  npx switchboard chat --user alice --gateway ${ws}://${host}/ws
  npx switchboard chat --user bob --gateway ${ws}://${host}/ws

and type "bob: hello" in alice's. There is more at ${protocol}//${host}/stats, /health and /metrics. Ctrl-C stops it.

`;
}
