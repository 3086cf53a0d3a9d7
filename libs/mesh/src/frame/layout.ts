/**
 * How the data of a hot pattern travels: field after field by position, without names. The writer puts as many as `fields` says, in the order in which
 * `read` takes them. Versions of an app may meet while they are rolled: a newer one adds fields at the end, and only ones that may be absent. An older one
 * passes over what it does not know; a newer one finds absent what an older one did not write.
 */
export interface Layout<T> {
  /** At most 15. */
  readonly fields: number;
  write(out: FieldWriter, value: T): void;
  /** Names every field, so that one that is added to the type is not forgotten here. */
  read(from: FieldReader): Complete<T>;
}

export type Complete<T> = { [K in keyof Required<T>]: T[K] };

/** Each call writes one field; an undefined one is absent. */
export interface FieldWriter {
  text(value: string | undefined): void;
  number(value: number | undefined): void;
  flag(value: boolean | undefined): void;
  bytes(value: Uint8Array): void;
  list<T>(layout: Layout<T>, values: readonly T[]): void;
}

/** Each call takes the next field. Throws `DamagedError` where it is of another type, or absent where it must not be. */
export interface FieldReader {
  text(): string;
  maybeText(): string | undefined;
  number(): number;
  maybeNumber(): number | undefined;
  flag(): boolean;
  maybeFlag(): boolean | undefined;
  /** A view of the frame. */
  bytes(): Uint8Array;
  list<T>(layout: Layout<T>): T[];
}

/** Of the packets of one pattern. */
export interface PatternLayout {
  readonly data?: Layout<unknown>;
  readonly reply?: Layout<unknown>;
}

/** By pattern; data of patterns and directions that are not listed travels as it is, field names and all. Every instance of a mesh is given the same. */
export type Layouts = Readonly<Record<string, PatternLayout>>;

/** Bytes that are not what they should be. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}
