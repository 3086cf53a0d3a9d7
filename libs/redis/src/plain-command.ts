import { Command } from 'ioredis';
import { encode } from './encode.js';

export type Argument = string | Buffer | number;

/** An error of the server's or of the connection's, else the reply as it came: texts as Buffers, numbers, null, arrays of these. Called once. */
export type Answered = (error: Error | undefined, reply?: unknown) => void;

/**
 * A command of those that are sent all the time, for `client.sendCommand`: written as one buffer, answered by a call. One of ioredis' own methods makes
 * promises, closures, a buffer out of many pieces and a timer of it, and where a process is woken for a single message all of that is run cold
 * (docs/decisions/plain-commands.md). Without ioredis' extras: `commandTimeout` does not hold for it, nor is it traced.
 */
export class PlainCommand extends Command {
  constructor(name: string, args: readonly Argument[], answered: Answered) {
    super(name, [...args]);
    // Its promise never settles: whoever traced it would wait for ever.
    this.isTraced = true;
    this.resolve = (reply: unknown) => {
      this.isSettled = true;
      answered(undefined, reply);
    };
    this.reject = (error) => {
      this.isSettled = true;
      answered(error);
    };
  }

  override setTimeout(): void {}

  override toWritable(_socket: object): Buffer {
    return encode([this.name, ...(this.args as (string | Buffer)[])]);
  }
}
