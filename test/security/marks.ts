import { randomBytes } from 'node:crypto';

/** Texts that can be found again wherever they turn up, and say what they were. */
export class Marks {
  private readonly made = new Map<string, string>();

  /** A text that nothing else contains. */
  of(what: string): string {
    const mark = `mark${randomBytes(16).toString('hex')}`;
    this.made.set(what, mark);
    return mark;
  }

  /** What of them an output contains: as text, or as the bytes that a Buffer is printed as. */
  foundIn(output: string): string[] {
    return [...this.made]
      .filter(([, mark]) => spellings(mark).some((text) => output.includes(text)))
      .map(([what]) => what);
  }
}

/** How a text can come to be printed; of the longer forms a part is enough, since it may begin anywhere. */
function spellings(mark: string): string[] {
  const bytes = Buffer.from(mark);
  const middle = bytes.subarray(3, -3);
  const inBase64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [mark, middle.toString('hex'), [...middle].join(','), [...middle].join(', '), ...inBase64];
}
