import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, MaxLength, Min, ValidateIf, ValidateNested } from 'class-validator';
import { compileChecker, type Fields } from './checker.js';
import { IsIdentifier } from './rules.js';

class PlainDto {
  @IsString()
  @MaxLength(3)
  readonly name!: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  readonly age?: number;

  @ValidateIf((dto: PlainDto) => dto.age === 7)
  @IsIdentifier()
  readonly guardian?: string;
}

class BaseDto {
  @IsString()
  readonly base!: string;
}

class DerivedDto extends BaseDto {
  @IsString({ message: 'derived is what it must be' })
  readonly derived!: string;
}

class InnerDto {
  @IsInt()
  readonly n!: number;
}

class NestedDto {
  @ValidateNested()
  @Type(() => InnerDto)
  readonly inner!: InnerDto;

  @IsArray()
  @IsString({ each: true })
  readonly names!: string[];
}

class EmptyDto {}

describe('a compiled checker', () => {
  const refusal = (dto: new () => object, fields: Fields): string | undefined => {
    try {
      compileChecker(dto)(fields);
      return undefined;
    } catch (error) {
      expect(error).toMatchObject({ name: 'ProtocolError', code: 'WS_INVALID_PAYLOAD' });
      return (error as Error).message;
    }
  };

  test.each<[Fields, string | undefined]>([
    [{ name: 'bob' }, undefined],
    [{ name: 'bob', age: 0, more: 'is ignored' }, undefined],
    [{ name: 'bob', age: null }, undefined],
    [{ name: 'bob', age: 7, guardian: 'ann' }, undefined],
    [{}, 'name must be a string'],
    [{ name: 'robert' }, 'name must be shorter than or equal to 3 characters'],
    [{ name: 'bob', age: 1.5 }, 'age must be an integer number'],
    [{ name: 'bob', age: -1 }, 'age must not be less than 0'],
    [{ name: 'bob', age: 7 }, 'guardian must be 1 to 128 characters without control characters'],
  ])('%j: %s', (fields, expected) => {
    expect(refusal(PlainDto, fields)).toBe(expected);
  });

  test('holds for what a base class says, and words refusals as the decorators do', () => {
    expect(refusal(DerivedDto, { base: 'b', derived: 'd' })).toBeUndefined();
    expect(refusal(DerivedDto, { derived: 'd' })).toBe('base must be a string');
    expect(refusal(DerivedDto, { base: 'b' })).toBe('derived is what it must be');
  });

  test('goes through the whole validator where rules nest', () => {
    expect(refusal(NestedDto, { inner: Object.assign(new InnerDto(), { n: 1 }), names: ['a'] })).toBeUndefined();
    expect(refusal(NestedDto, { inner: Object.assign(new InnerDto(), { n: 'x' }), names: ['a'] })).toBe(
      'n must be an integer number',
    );
    expect(refusal(NestedDto, { inner: Object.assign(new InnerDto(), { n: 1 }), names: [1] })).toBe(
      'each value in names must be a string',
    );
  });

  test('takes anything where there are no rules', () => {
    expect(refusal(EmptyDto, { what: 'ever' })).toBeUndefined();
  });
});
