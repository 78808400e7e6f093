import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Makes a self-signed X.509 certificate for one DNS name, valid for a day either way; Node has no function for it. */
export function selfSignedCertificate(dnsName: string, now = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex')); // ecdsa-with-SHA256
  const name = der(0x30, der(0x31, der(0x30, commonNameId, der(0x0c, Buffer.from(dnsName)))));
  const validity = der(0x30, time(now, -dayMs), time(now, dayMs));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serial number
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, alternativeName(dnsName))),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = whole.toString('base64').replace(/.{64}/gu, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const dayMs = 86_400_000;
const commonNameId = Buffer.from('0603550403', 'hex');

function alternativeName(dnsName: string): Buffer {
  const names = der(0x30, der(0x82, Buffer.from(dnsName)));
  return der(0x30, Buffer.from('0603551d11', 'hex'), der(0x04, names));
}

function time(now: Date, offsetMs: number): Buffer {
  const text = new Date(now.getTime() + offsetMs).toISOString().replace(/[-:T]|\.\d+/gu, '');
  return der(0x18, Buffer.from(text)); // 20260701020000Z
}

/** One element of DER: tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
