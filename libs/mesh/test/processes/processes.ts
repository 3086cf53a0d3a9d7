import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The router processes of one test. */
export class Routers {
  private readonly children: { readonly id: string; readonly child: ChildProcess }[] = [];

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
    this.children.push({ id, child });
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

  /** Ends all of that id at once, as a crash would; resolves when they are gone. */
  async kill(id: string): Promise<void> {
    await Promise.all(this.children.filter((one) => one.id === id).map(({ child }) => kill(child)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.children.map(({ child }) => kill(child)));
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGKILL');
  await gone;
}
