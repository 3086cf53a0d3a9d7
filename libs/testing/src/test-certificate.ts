import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A self-signed certificate for this machine, made by the `openssl` command. */
export interface TestCertificate {
  /** PEM; also what a client must trust. */
  readonly cert: string;
  readonly key: string;
}

/** @param name its common name, to tell one from another. */
export async function testCertificate(name: string): Promise<TestCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'switchboard-certificate-'));
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-days', '2'];
  try {
    await run('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert]);
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
