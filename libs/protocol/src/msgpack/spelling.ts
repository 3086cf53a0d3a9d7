import { COMMAND_SHAPES } from './shapes.js';

type Respelling = readonly [RegExp, string];

/** Fields whose names differ on the wire, by command. */
const RESPELLINGS: ReadonlyMap<string, readonly Respelling[]> = new Map(
  Object.entries(COMMAND_SHAPES).map(([command, { shape }]) => {
    const renamed = shape.fields.filter(({ name, key }) => name !== key);
    return [command, renamed.map(({ name, key }): Respelling => [new RegExp(`\\b${name}\\b`, 'g'), key])];
  }),
);

/** A text that names fields of a command as this code does, with the names that a MessagePack client sent. */
export function respell(text: string, command: string | undefined): string {
  const respellings = command === undefined ? undefined : RESPELLINGS.get(command);
  return (respellings ?? []).reduce((respelt, [name, key]) => respelt.replace(name, key), text);
}
