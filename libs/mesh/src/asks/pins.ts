import type { Ask, Pin } from './ask.js';

/**
 * Keeps the order of one caller's asks for one key when the key moves between live members. Interleaving: ask 1 on its way to A → B joins and
 * owns the key now → ask 2 goes to B and is handled before ask 1. So a key with asks under way stays pinned to A until the last of
 * them is answered. Costs nothing while no key moves: then there are no pins.
 */
export class Pins {
  private readonly pins = new Map<string, Pin>();

  /** Where asks for this key must go; undefined: where it is placed. */
  find(role: string, key: string): Pin | undefined {
    return this.pins.size === 0 ? undefined : this.pins.get(nameOf(role, key));
  }

  /** Pins the key of `ask` to its peer; counts the ask. */
  hold(ask: Ask, key: string): void {
    const name = nameOf(ask.role, key);
    const pin = this.pins.get(name) ?? { name, peer: ask.peer, waiting: 0 };
    this.pins.set(name, pin);
    pin.waiting++;
    ask.pin = pin;
  }

  /** `ask` waits no longer at its pinned place. */
  release(ask: Ask): void {
    const pin = ask.pin;
    if (!pin) return;
    ask.pin = undefined;
    if (--pin.waiting === 0 && this.pins.get(pin.name) === pin) this.pins.delete(pin.name);
  }
}

const nameOf = (role: string, key: string): string => `${role}\n${key}`;
