import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCertificates, readKeyPair } from '../../../src/commands/arguments/read-certificates.ts';
import { UsageError } from '../../../src/commands/arguments/usage-error.ts';
import { compare } from '../../../src/commands/compare.ts';
import { conform } from '../../../src/commands/conform.ts';
import { connect } from '../../../src/commands/connect.ts';
import { listen } from '../../../src/commands/listen.ts';
import { serve } from '../../../src/commands/serve.ts';
import { selfSignedCertificate } from '../../../src/compare/self-signed-certificate.ts';

const INVALID = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

async function file(content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pushwire-certificates-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, content);
  return path;
}

describe('a file of --ca or --cert', () => {
  it('may have text before its certificate', async () => {
    const { cert } = selfSignedCertificate();
    expect(String(await readCertificates('ca', await file(`My issuer\n${cert}`)))).toContain(String(cert));
  });

  it.each([
    ['', 'a file without "-----BEGIN CERTIFICATE-----"'],
    ['-----BEGIN PRIVATE KEY-----\n', 'a file without "-----BEGIN CERTIFICATE-----"'],
    [INVALID, 'an invalid certificate'],
  ])('must be a certificate, not %j', async (content, received) => {
    const path = await file(content);
    const message = `--ca ${path} must be a certificate in PEM format; received ${received}`;
    await expect(readCertificates('ca', path)).rejects.toThrow(new UsageError(message));
  });
});

describe('a file of --key', () => {
  const { cert, key } = selfSignedCertificate();
  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'a' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

  it('may be the private key of the certificate', async () => {
    const pair = await readKeyPair(await file(String(cert)), await file(String(key)));
    expect(pair).toEqual({ cert: Buffer.from(cert), key: Buffer.from(key) });
  });

  it.each([
    ['another file', String(cert), 'a file without "-----BEGIN PRIVATE KEY-----"'],
    ['an encrypted key', encrypted, 'an invalid or encrypted key'],
    ['an invalid key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'an invalid or encrypted key'],
  ])('must not be %s', async (_, content, received) => {
    const path = await file(content);
    const message = `--key ${path} must be a private key in PEM format without a passphrase; received ${received}`;
    await expect(readKeyPair(await file(String(cert)), path)).rejects.toThrow(new UsageError(message));
  });

  it('must not be the key of another certificate', async () => {
    const paths = [await file(String(cert)), await file(String(selfSignedCertificate().key))] as const;
    const message = `--key ${paths[1]} must be the private key of --cert ${paths[0]}; received another key`;
    await expect(readKeyPair(...paths)).rejects.toThrow(new UsageError(message));
  });
});

it.each([
  ['serve', serve, ['--cert', '--key'], []],
  ['conform', conform, ['--cert', '--key'], ['--serve', '0']],
  ['connect', connect, ['--ca'], ['ws://127.0.0.1:1']],
  ['listen', listen, ['--ca'], ['http://127.0.0.1:1']],
  ['compare', compare, ['--ca'], ['--websocket', 'ws://a', '--event-stream', 'http://a']],
] as const)('pushwire %s checks its certificates before it does anything', async (_, command, options, others) => {
  const path = await file('text');
  await expect(command([...others, ...options.flatMap((option) => [option, path])])).rejects.toThrow(
    new UsageError(
      `${options[0]} ${path} must be a certificate in PEM format; received a file without "-----BEGIN CERTIFICATE-----"`,
    ),
  );
});
