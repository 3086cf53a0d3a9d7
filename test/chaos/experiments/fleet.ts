import { fork, type ChildProcess } from 'node:child_process';

/** What a process of clients is asked, one thing at a time; it answers each with one message. */
export interface Crew<Start, Report> {
  start(task: Start): Promise<void>;
  report(): Promise<Report>;
}

interface Answer<Report> {
  readonly done: 'start' | 'report';
  readonly report?: Report;
}

/** Processes of clients, so that what they cost is not what the servers cost, and no one event loop measures itself. */
export class Fleet<Start, Report> {
  private constructor(private readonly children: readonly ChildProcess[]) {}

  /** @param module of the compiled crew, beside this one */
  static launch<Start, Report>(module: string, processes: number): Fleet<Start, Report> {
    const path = new URL(module, import.meta.url);
    return new Fleet(Array.from({ length: processes }, () => fork(path, { stdio: 'inherit' })));
  }

  /** Resolves once all clients of all processes are there. */
  async start(taskOf: (process: number) => Start): Promise<void> {
    await Promise.all(this.children.map((child, n) => ask(child, { do: 'start', task: taskOf(n) })));
  }

  async report(): Promise<Report[]> {
    const answers = await Promise.all(this.children.map((child) => ask<Report>(child, { do: 'report' })));
    return answers.map(({ report }) => report as Report);
  }

  stop(): void {
    for (const child of this.children) child.kill('SIGKILL');
  }
}

async function ask<Report>(child: ChildProcess, question: object): Promise<Answer<Report>> {
  return new Promise((done, fail) => {
    const ended = (code: number | null): void => fail(new Error(`a process of clients ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (answer: Answer<Report>) => {
      child.off('exit', ended);
      done(answer);
    });
    child.send(question);
  });
}

/** In a process of the fleet: does what it is asked. */
export function serve<Start, Report>(crew: Crew<Start, Report>): void {
  const answer = async (question: { do: 'start'; task: Start } | { do: 'report' }): Promise<Answer<Report>> => {
    if (question.do === 'report') return { done: 'report', report: await crew.report() };
    await crew.start(question.task);
    return { done: 'start' };
  };
  process.on('message', (question) => {
    void answer(question as { do: 'start'; task: Start } | { do: 'report' }).then((reply) => process.send?.(reply));
  });
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit(1));
}
