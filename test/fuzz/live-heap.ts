import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from '#testing';

interface Answer {
  readonly id: number;
  readonly result: { readonly result?: { readonly value: unknown } };
}

/**
 * What a process holds on to, by its inspector: collects all garbage first, so that growth of some kilobytes shows, which in resident memory
 * drowns in what the collector leaves for later.
 */
export class LiveHeap {
  private id = 0;

  private constructor(private readonly socket: WebSocket) {}

  /** For NODE_OPTIONS of the process. */
  static option(port: number): string {
    return `--inspect=127.0.0.1:${port}`;
  }

  static async of(port: number): Promise<LiveHeap> {
    const targets = await eventually(async () => (await fetch(`http://127.0.0.1:${port}/json/list`)).json());
    const [{ webSocketDebuggerUrl }] = targets as [{ readonly webSocketDebuggerUrl: string }];
    const socket = new WebSocket(webSocketDebuggerUrl, { perMessageDeflate: false });
    await once(socket, 'open');
    return new LiveHeap(socket);
  }

  /** Bytes in use once all garbage is gone. */
  async bytes(): Promise<number> {
    await this.ask('HeapProfiler.collectGarbage', {});
    const { result } = await this.ask('Runtime.evaluate', { expression: 'process.memoryUsage().heapUsed' });
    return Number(result?.value);
  }

  close(): void {
    this.socket.terminate();
  }

  private async ask(method: string, params: object): Promise<Answer['result']> {
    const id = ++this.id;
    const answered = new Promise<Answer['result']>((done) => {
      const listen = (data: Buffer): void => {
        const answer = JSON.parse(data.toString()) as Answer;
        if (answer.id !== id) return;
        this.socket.off('message', listen);
        done(answer.result);
      };
      this.socket.on('message', listen);
    });
    this.socket.send(JSON.stringify({ id, method, params }));
    return answered;
  }
}
