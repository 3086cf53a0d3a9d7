export interface WelcomeOptions {
  readonly host: string;
  readonly port: number;
  readonly authMode: string;
  /** Where messages are kept, for people. */
  readonly storage: string;
}

/** What a newcomer sees once everything runs: where it listens, who may come in, and what to try next. */
export function welcome({ host, port, authMode, storage }: WelcomeOptions): string {
  const name = host === '127.0.0.1' || host === '::1' ? 'localhost' : host;
  const gateway = `ws://${name}:${port}/ws`;
  return `
Switchboard is running: gateway, presence and router in one process.

  clients connect to  ${gateway}
  who may come in     ${authMode === 'none' ? 'anybody, as anybody (AUTH_MODE=none: for trying out)' : authMode}
  listening on        ${host}${name === 'localhost' ? ' (this machine only)' : ''}
  messages are kept   ${storage}

Try it, in two other terminals:

  npx switchboard chat --user alice --gateway ${gateway}
  npx switchboard chat --user bob --gateway ${gateway}

and type "bob: hello" in alice's. Then look at http://${name}:${port}/stats, /health and /metrics.
`;
}
