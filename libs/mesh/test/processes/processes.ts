import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The router processes of one test. */
export class Routers {
  private readonly children = new Map<string, ChildProcess>();

  constructor(private readonly url: string) {}

  /** Resolves when it is ready; fails with what it printed when it exits before. */
  async start(id: string, transport: 'mesh' | 'nest'): Promise<void> {
    const args = [
      '--conditions=source',
      '--import',
      here('typescript.mjs'),
      here('router.ts'),
      id,
      this.url,
      transport,
    ];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    this.children.set(id, child);
    let output = '';
    await new Promise<void>((done, fail) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        if (output.includes('ready\n')) done();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => fail(new Error(`${id} exited with ${code}: ${output}`)));
    });
  }

  /** Ends it at once, as a crash would; resolves when it is gone. */
  async kill(id: string): Promise<void> {
    const child = this.children.get(id);
    this.children.delete(id);
    if (!child || child.exitCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.children.keys()].map((id) => this.kill(id)));
  }
}
