import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { VirtualClock, eventually, testCertificate, type TestCertificate } from '#testing';
import { ConfigError } from '../config/config-error.js';
import { CERTIFICATE_CHECK_MS, Certificate } from './certificate.js';

describe('a certificate in files', () => {
  let one: TestCertificate;
  let two: TestCertificate;
  let directory: string;
  let clock: VirtualClock;
  let certificate: Certificate | undefined;
  /** What the server was told to show, in order. */
  let shown: unknown[];

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [one, two] = await Promise.all([testCertificate('one'), testCertificate('two')]);
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-tls-'));
    clock = new VirtualClock();
    shown = [];
  });
  afterEach(async () => {
    certificate?.stop();
    certificate = undefined;
    await rm(directory, { recursive: true, force: true });
  });

  const files = (at = directory) => ({ TLS_CERT_FILE: join(at, 'tls.crt'), TLS_KEY_FILE: join(at, 'tls.key') });
  const write = async ({ cert, key }: TestCertificate, at = directory): Promise<void> => {
    await writeFile(join(at, 'tls.crt'), cert);
    await writeFile(join(at, 'tls.key'), key);
  };
  const watch = (at = directory): Certificate => {
    certificate = Certificate.of(files(at), clock)!;
    certificate.watch({ setSecureContext: (context) => void shown.push(context) });
    return certificate;
  };
  /** Has the files looked at once more, and waits until that is done: then the next look is due. */
  const look = async (): Promise<void> => {
    expect(clock.pending).toBe(1);
    clock.advance(CERTIFICATE_CHECK_MS);
    await eventually(() => expect(clock.pending).toBe(1));
  };

  test('is not there where it is not asked for', () => {
    expect(Certificate.of({}, clock)).toBeUndefined();
  });

  test('that stays the same is not shown anew', async () => {
    await write(one);
    watch();
    await look();
    await write(one);
    await look();
    expect(shown).toEqual([]);
  });

  test('that changes is shown, within the same millisecond and with the same length too', async () => {
    await write(one);
    const { state } = watch();
    await write(two);
    await look();
    await write(one);
    await look();
    expect(shown).toEqual([two, one]);
    expect(certificate!.state).toEqual({ ...state, reloads: 2 });
  });

  test('is found again where a file is replaced by another, as editors do', async () => {
    await write(one);
    watch();
    for (const [name, text] of [
      ['tls.crt', two.cert],
      ['tls.key', two.key],
    ] as const) {
      await writeFile(join(directory, 'new'), text);
      await rename(join(directory, 'new'), join(directory, name));
    }
    await look();
    expect(shown).toEqual([two]);
  });

  test('is found again where links are pointed elsewhere, as certbot does', async () => {
    const [first, second, live] = ['archive1', 'archive2', 'live'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [first, second, live]) await mkdir(path);
    await write(one, first);
    await write(two, second);
    for (const name of ['tls.crt', 'tls.key']) await symlink(join(first, name), join(live, name));
    watch(live);
    for (const name of ['tls.crt', 'tls.key']) {
      await unlink(join(live, name));
      await symlink(join(second, name), join(live, name));
    }
    await look();
    expect(shown).toEqual([two]);
  });

  test('is found again where a whole directory is swapped, as Kubernetes does', async () => {
    for (const [name, pair] of [
      ['..1', one],
      ['..2', two],
    ] as const) {
      await mkdir(join(directory, name));
      await write(pair, join(directory, name));
    }
    await symlink('..1', join(directory, '..data'));
    for (const name of ['tls.crt', 'tls.key']) await symlink(join('..data', name), join(directory, name));
    watch();
    await symlink('..2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await look();
    expect(shown).toEqual([two]);
    await rm(join(directory, '..1'), { recursive: true });
    await look();
    expect(shown).toEqual([two]);
  });

  describe('that cannot be used is not shown; the old one goes on until the new one can be', () => {
    const BAD: readonly (readonly [string, () => Promise<void>])[] = [
      ['with the key of another', () => writeFile(join(directory, 'tls.crt'), two.cert)],
      ['half-written', () => writeFile(join(directory, 'tls.crt'), two.cert.slice(0, 200))],
      ['with half of a chain', () => writeFile(join(directory, 'tls.crt'), one.cert + two.cert.slice(0, 200))],
      ['empty', () => writeFile(join(directory, 'tls.crt'), '')],
      ['with a half-written key', () => writeFile(join(directory, 'tls.key'), two.key.slice(0, 60))],
      ['gone', () => unlink(join(directory, 'tls.key'))],
    ];

    test.each(BAD)('%s', async (_, spoil) => {
      await write(one);
      watch();
      await spoil();
      await look();
      await look();
      expect(shown).toEqual([]);
      await write(two);
      await look();
      expect(shown).toEqual([two]);
    });
  });

  test('is not looked at any more once the service stops', async () => {
    await write(one);
    watch().stop();
    expect(clock.pending).toBe(0);
  });

  test('that is not there at the start is an error that names the variable', () => {
    const start = () => Certificate.of(files(), clock);
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(/^TLS_CERT_FILE=.*tls\.crt is not allowed; allowed: a file .*\(ENOENT/);
  });

  test('whose key is another is an error at the start, which does not hold the key', async () => {
    await write({ cert: one.cert, key: two.key });
    const start = () => Certificate.of(files(), clock);
    expect(start).toThrow(/^TLS_CERT_FILE=.*the key is not that of the certificate/);
  });
});
