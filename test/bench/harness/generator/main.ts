/** A load generator: a process of its own that does what its parent orders (orders.ts), one order after the other. */
import { Load } from './load.js';
import type { Answer, Order } from './orders.js';

const load = new Load();

async function carryOut({ id, name, argument }: Order): Promise<Answer> {
  try {
    const order = load[name] as (this: Load, argument: unknown) => unknown;
    return { id, value: await order.call(load, argument) };
  } catch (error) {
    return { id, error: String(error) };
  }
}

process.on('message', (order: Order) => {
  void carryOut(order).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
