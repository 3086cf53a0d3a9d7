import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Order, OrderName, Orders } from './orders.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
/** No order takes longer than this, ms. */
const LIMIT_MS = 60_000;

type Waiting = (answer: Answer) => void;

/** A load generator as its parent sees it. */
export class Generator {
  private readonly waiting = new Map<number, Waiting>();
  private ids = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => this.waiting.get(answer.id)?.(answer));
    child.on('exit', (code) => {
      for (const [id, answer] of this.waiting) answer({ id, error: `the load generator exited with ${code}` });
    });
  }

  static start(): Generator {
    return new Generator(
      fork(MAIN, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  async order<N extends OrderName>(name: N, ...args: Parameters<Orders[N]>): Promise<ReturnType<Orders[N]>> {
    const id = ++this.ids;
    const order: Order = { id, name, argument: args[0] };
    let limit: NodeJS.Timeout | undefined;
    const answer = await new Promise<Answer>((done) => {
      this.waiting.set(id, done);
      limit = setTimeout(() => done({ id, error: `${name} took longer than ${LIMIT_MS} ms` }), LIMIT_MS);
      this.child.send(order);
    });
    clearTimeout(limit);
    this.waiting.delete(id);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value as ReturnType<Orders[N]>;
  }

  stop(): void {
    this.child.kill();
  }
}
