import type { Type } from '@nestjs/common';
import { getMetadataStorage, validateSync, type ValidationArguments, type ValidationError } from 'class-validator';
import { ProtocolError } from '#protocol';

export type Fields = Readonly<Record<string, unknown>>;
/** Throws `WS_INVALID_PAYLOAD` naming field and rule. */
export type Checker = (fields: Fields) => void;

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
type Condition = (fields: Fields, value: unknown) => boolean;
type Rule = (fields: Fields, value: unknown) => boolean;

interface Property {
  readonly name: string;
  /** All must hold for the rules to apply: `@IsOptional`, `@ValidateIf`. */
  readonly conditions: readonly Condition[];
  readonly rules: readonly Rule[];
}

/**
 * Makes a checker of a DTO from class-validator's own rules. What it accepts (nearly every frame) costs a call per rule, without the copies that
 * `validate` makes; what it does not accept goes through the full validator, which decides and words the refusal. So the decorators remain
 * the one schema. A DTO with rules that cannot be called so (nested, each, asynchronous) always goes through the full validator.
 */
export function compileChecker(dto: Type<object>): Checker {
  const properties = compile(dto);
  return (fields) => {
    if (!properties || !properties.every((property) => holds(property, fields))) explain(dto, fields);
  };
}

function holds({ name, conditions, rules }: Property, fields: Fields): boolean {
  const value = fields[name];
  for (const applies of conditions) if (!applies(fields, value)) return true;
  for (const rule of rules) if (!rule(fields, value)) return false;
  return true;
}

function compile(dto: Type<object>): readonly Property[] | undefined {
  const storage = getMetadataStorage();
  const byName = storage.groupByPropertyName(storage.getTargetValidationMetadatas(dto, '', false, false));
  const properties: Property[] = [];
  for (const [name, all] of Object.entries(byName)) {
    const metadata = all.filter((each) => each.type !== 'whitelistValidation');
    const rules = metadata.filter((each) => each.type === 'customValidation').map(ruleOf);
    const conditions = metadata.filter((each) => each.type === 'conditionalValidation').map(conditionOf);
    const known = rules.length + conditions.length === metadata.length;
    if (!known || rules.includes(undefined)) return undefined;
    properties.push({ name, conditions, rules: rules as Rule[] });
  }
  return properties;
}

const conditionOf = (metadata: Metadata): Condition => metadata.constraints[0] as Condition;

function ruleOf(metadata: Metadata): Rule | undefined {
  const [constraint, ...more] = getMetadataStorage().getTargetValidatorConstraints(metadata.constraintCls);
  if (!constraint || more.length > 0 || constraint.async || metadata.each || metadata.validateIf) return undefined;
  const { instance } = constraint;
  const { propertyName: property, constraints } = metadata;
  return (object, value) => {
    const args: ValidationArguments = { value, constraints, targetName: '', object, property };
    return instance.validate(value, args) === true;
  };
}

/** Rules that say that a field is missing come first: their texts are fixed by the protocol. */
const FIRST = ['isDefined', 'isNotEmpty'];

function explain(dto: Type<object>, fields: Fields): void {
  const [error] = validateSync(Object.assign(new dto(), fields), { forbidUnknownValues: false });
  if (error) throw new ProtocolError('WS_INVALID_PAYLOAD', textOf(error));
}

function textOf(error: ValidationError): string | undefined {
  const { constraints = {}, children = [] } = error;
  const name = FIRST.find((rule) => rule in constraints) ?? Object.keys(constraints).at(-1);
  if (name !== undefined) return constraints[name];
  return children[0] && textOf(children[0]);
}
