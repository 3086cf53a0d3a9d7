import type { Reader } from './reader.js';
import type { Kind, Shape } from './shapes.js';
import type { Writer } from './writer.js';

export type Fields = Record<string, unknown>;

/** Writes those fields of `values` that the shape knows and that are there. */
export function writeFields(writer: Writer, shape: Shape, values: object): void {
  const start = writer.beginMap();
  let entries = 0;
  for (const { name, keyBytes, kind } of shape.fields) {
    const value = (values as Fields)[name];
    if (value === undefined || value === null) continue;
    writer.raw(keyBytes);
    writeValue(writer, kind, value);
    entries++;
  }
  writer.endMap(start, entries);
}

function writeValue(writer: Writer, kind: Kind, value: unknown): void {
  switch (kind) {
    case 'number':
      return writer.number(value as number);
    case 'text':
      return writer.text(value as string);
    case 'user':
      return writer.userId(value as string);
    case 'flag':
      return writer.flag(value as boolean);
    case 'users':
      writer.list((value as readonly string[]).length);
      return (value as readonly string[]).forEach((userId) => writer.userId(userId));
    default:
      writer.list((value as readonly object[]).length);
      return (value as readonly object[]).forEach((each) => writeFields(writer, kind[0], each));
  }
}

/**
 * Reads a map into `target`, which gets the shape's own names and no others: further keys are ignored. A key that comes twice is damage, since
 * which of them counts is nobody's guess.
 */
export function readFields(reader: Reader, shape: Shape, target: Fields): void {
  const entries = reader.map() ?? reader.damaged();
  for (let i = 0, next = 0; i < entries; i++) {
    const index = reader.key(shape.names, next);
    const field = shape.fields[index];
    next = index + 1;
    if (!field) reader.skip();
    else if (target[field.name] !== undefined) reader.damaged();
    else target[field.name] = readValue(reader, field.kind);
  }
}

/** The value if it is of its kind; otherwise whatever it is, for the rules to refuse. */
function readValue(reader: Reader, kind: Kind): unknown {
  if (kind === 'user') return reader.userId();
  if (kind === 'users') return readList(reader, () => reader.userId());
  if (typeof kind === 'string') return reader.value();
  return readList(reader, () => readMap(reader, kind[0]));
}

function readList(reader: Reader, read: () => unknown): unknown {
  const length = reader.list();
  if (length === undefined) return reader.value();
  const list: unknown[] = [];
  for (let i = 0; i < length; i++) list.push(read());
  return list;
}

function readMap(reader: Reader, shape: Shape): Fields {
  const target: Fields = {};
  readFields(reader, shape, target);
  return target;
}
