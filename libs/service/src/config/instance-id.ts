import { hostname } from 'node:os';

/**
 * Host name and port: two processes of one host cannot share a port, so the default is unique on it, and it stays the same over
 * restarts. With port 0 (any free one) the process id takes the port's place.
 */
export function defaultInstanceId(port: string, host: string = hostname(), pid: number = process.pid): string {
  const name = (host.split('.')[0] ?? '').replace(/[^A-Za-z0-9_-]/g, '-').slice(0, 48) || 'host';
  return `${name}-${port === '0' ? pid : port}`;
}
