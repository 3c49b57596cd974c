import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../../src/compare/self-signed-certificate.ts';

it('the certificate is self-signed, names this machine, and is valid for a day', () => {
  const certificate = new X509Certificate(selfSignedCertificate().cert);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(true);
  expect(certificate.subject).toBe('CN=localhost');
  expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.now());
  expect(Date.parse(certificate.validTo)).toBeGreaterThan(Date.now());
});

it('the certificate is trusted only by a client that has it', async () => {
  const certificate = selfSignedCertificate();
  const server = createServer({ ...certificate }, (socket) => socket.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  server.on('tlsClientError', () => {});
  const { port } = server.address() as AddressInfo;
  const trusting = connect({ port, host: '127.0.0.1', ca: certificate.cert });
  await once(trusting, 'secureConnect');
  expect(trusting.authorized).toBe(true);
  const [error] = await once(connect({ port, host: '127.0.0.1' }), 'error');
  expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
});
