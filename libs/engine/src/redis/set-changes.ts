/** Members to add to sets, or to remove from them, gathered over one turn of the event loop: one command for each set. */
export class SetChanges {
  private readonly waiting = new Map<string, { readonly members: string[]; readonly done: Promise<unknown> }>();

  constructor(private readonly change: (key: string, members: readonly string[]) => Promise<unknown>) {}

  /** Resolves once it is done; fails with all of that set and turn. */
  of(key: string, member: string): Promise<unknown> {
    let group = this.waiting.get(key);
    if (!group) {
      const members: string[] = [];
      const turn = new Promise((done) => setImmediate(done));
      group = { members, done: turn.then(() => this.send(key, members)) };
      this.waiting.set(key, group);
    }
    group.members.push(member);
    return group.done;
  }

  private send(key: string, members: readonly string[]): Promise<unknown> {
    this.waiting.delete(key);
    return this.change(key, members);
  }
}
