import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readOptionFile } from './read-option-file.ts';
import { UsageError } from './usage-error.ts';

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads the certificates in the file that an option names. Node.js ignores a file of --ca without any.
 *
 * @throws {UsageError} if the file cannot be read, or is no certificate as PEM
 */
export async function readCertificates(option: string, file: string): Promise<Buffer> {
  const certificates = await readOptionFile(option, file);
  checkCertificate(option, file, certificates);
  return certificates;
}

/** Reads the files of --cert and --key. @throws {UsageError} if they are not a certificate and its private key */
export async function readKeyPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const cert = await readOptionFile('cert', certFile);
  const key = await readOptionFile('key', keyFile);
  const certificate = checkCertificate('cert', certFile, cert);
  if (!certificate.checkPrivateKey(privateKey(keyFile, key))) {
    throw new UsageError(`--key ${keyFile} must be the private key of --cert ${certFile}; received another key`);
  }
  return { cert, key };
}

/** Returns the first certificate. */
function checkCertificate(option: string, file: string, content: Buffer): X509Certificate {
  const allowed = 'a certificate in PEM format';
  if (!/^-----BEGIN ((X509|TRUSTED) )?CERTIFICATE-----/m.test(content.toString('latin1'))) {
    throw new UsageError(
      `--${option} ${file} must be ${allowed}; received a file without "-----BEGIN CERTIFICATE-----"`,
    );
  }
  try {
    return new X509Certificate(content);
  } catch {
    throw new UsageError(`--${option} ${file} must be ${allowed}; received an invalid certificate`);
  }
}

function privateKey(file: string, content: Buffer): KeyObject {
  const allowed = 'a private key in PEM format without a passphrase';
  if (!/^-----BEGIN ([A-Z]+ )*PRIVATE KEY-----/m.test(content.toString('latin1'))) {
    throw new UsageError(`--key ${file} must be ${allowed}; received a file without "-----BEGIN PRIVATE KEY-----"`);
  }
  try {
    return createPrivateKey(content);
  } catch {
    throw new UsageError(`--key ${file} must be ${allowed}; received an invalid or encrypted key`);
  }
}
