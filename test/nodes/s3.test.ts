import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { givenTransfer } from './transfer.ts';

describe('a signature', () => {
  // Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, GET Object
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const example = (token: string) => `
headers = {'host': 'examplebucket.s3.amazonaws.com', 'range': 'bytes=0-9'}
empty = hashlib.sha256().hexdigest()
sign('GET', '/test.txt', '', headers, empty, ('AKIAIOSFODNN7EXAMPLE', '${secret}', '${token}'), 'us-east-1', 1369353600)
print(headers['authorization'])`;

  it('is the one that AWS publishes for an example', async () => {
    const [authorization = ''] = await givenTransfer({}).print(example(''));

    expect(authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });

  it('covers the session token', async () => {
    const [authorization = ''] = await givenTransfer({}).print(example('session'));

    expect(authorization).toContain('x-amz-date;x-amz-security-token,');
  });
});

describe('credentials', () => {
  const show = 'print(json.dumps(Credentials().get()))';
  const given = (token: string) => JSON.stringify({ Version: 1, AccessKeyId: 'id', SecretAccessKey: 'secret', [token]: 'token' });
  const NO_CLI = { PATH: '/usr/bin:/bin' };

  /** Serves what the metadata of an instance say, to who asks as IMDSv2 demands. */
  async function givenInstance(credentials: string) {
    const url = await served((request) => {
      if (request.method === 'PUT') return request.headers['x-aws-ec2-metadata-token-ttl-seconds'] ? 'pass' : undefined;
      if (request.headers['x-aws-ec2-metadata-token'] !== 'pass') return undefined;
      return {
        '/latest/meta-data/iam/security-credentials/': 'node-role\n',
        '/latest/meta-data/iam/security-credentials/node-role': credentials,
      }[request.url ?? ''];
    });
    return { ...NO_CLI, AWS_EC2_METADATA_SERVICE_ENDPOINT: url };
  }

  /** A directory with an `aws` of these lines, first on the PATH. */
  function givenCli(transfer: ReturnType<typeof givenTransfer>, body: string): string {
    writeFileSync(transfer.path('aws'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return `os.environ['PATH'] = '${transfer.path()}:/usr/bin:/bin'\n`;
  }

  it('are those of the environment', async () => {
    const transfer = givenTransfer({ AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' });

    expect(await transfer.print(show)).toEqual(['["id", "secret", "token"]']);
  });

  it('are else those that the AWS CLI finds', async () => {
    const transfer = givenTransfer({});
    const cli = givenCli(transfer, `[ "$*" = "configure export-credentials --format process" ] && echo '${given('SessionToken')}'`);

    expect(await transfer.print(cli + show)).toEqual(['["id", "secret", "token"]']);
  });

  it('are else those of the instance', async () => {
    const transfer = givenTransfer(await givenInstance(given('Token')));
    const cli = givenCli(transfer, 'exit 255');

    expect(await transfer.print(cli + show)).toEqual(['["id", "secret", "token"]']);
  });

  it.each([
    ['the metadata of the instance do not answer', async () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:9' })],
    ['the instance has no role', async () => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: await served(() => undefined) })],
    ['they cannot be read', () => givenInstance('{}')],
  ])('are missing when %s', async (_, environment) => {
    const transfer = givenTransfer({ ...NO_CLI, ...(await environment()) });

    const { failure } = await transfer.run(['give-up', 'b', 'p'], [], givenCli(transfer, 'exit 255'));

    expect(failure).toMatch(
      /^CredentialsMissing (this instance has no credentials of AWS|the credentials of this instance cannot be read): /,
    );
  });

  it('are kept while nobody hands out newer ones', async () => {
    const python = `
found = Credentials()
found.of_cli = lambda: None
found.of_environment = lambda: ('id', 'secret', '')
found.get()
found.of_environment, found.AGE = (lambda: None), -1
os.environ['AWS_EC2_METADATA_SERVICE_ENDPOINT'] = 'http://127.0.0.1:9'
print(found.get()[0])`;

    expect(await givenTransfer({}).print(python)).toEqual(['id']);
  });

  it('that have expired are asked for anew', async () => {
    const asked: string[] = [];
    const s3 = await served((request) => {
      asked.push(/Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
      return asked.length > 1 ? '<ListMultipartUploadsResult/>' : { status: 400, text: '<Error><Code>ExpiredToken</Code></Error>' };
    });
    const transfer = givenTransfer({ AWS_ENDPOINT_URL: s3 });
    const cli = givenCli(transfer, `echo x >>"$0.calls"; echo '${given('SessionToken')}' | sed "s/\\"id\\"/\\"id$(wc -l <"$0.calls")\\"/"`);

    const { code } = await transfer.run(['give-up', 'b', 'p'], [], cli);

    expect({ code, asked }).toEqual({ code: 0, asked: ['id1', 'id2'] });
  });
});

describe('over TLS', () => {
  const environment = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };

  async function givenEndpoint() {
    const transfer = givenTransfer(environment);
    const [key, certificate] = [transfer.path('key.pem'), transfer.path('certificate.pem')];
    const made = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=local -addext subjectAltName=IP:127.0.0.1`;
    execFileSync('openssl', [...made.split(' '), '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const bodies: number[] = [];
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, async (request, response) => {
      let bytes = 0;
      for await (const chunk of request) bytes += chunk.length;
      bodies.push(bytes);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    writeFileSync(transfer.path('file'), Buffer.alloc(1_000_000));
    const ship = (bundle: string) =>
      transfer.run(
        ['ship', 'b', '0'],
        [`${transfer.path('file')} key ${transfer.path('journal')}`],
        `os.environ.update(AWS_ENDPOINT_URL='https://127.0.0.1:${(server.address() as AddressInfo).port}', AWS_CA_BUNDLE='${bundle}')`,
      );
    return { bodies, certificate, ship };
  }

  it('trusts the bundle that AWS_CA_BUNDLE names', async () => {
    const { bodies, certificate, ship } = await givenEndpoint();

    const { code } = await ship(certificate);

    expect({ code, bodies }).toEqual({ code: 0, bodies: [1_000_000] });
  });

  it('refuses a certificate that nobody vouches for, at once and by name', async () => {
    const { bodies, ship } = await givenEndpoint();

    const { failure, stderr } = await ship('');

    expect(failure).toMatch(
      /^UploadFailed s3:\/\/b\/key could not be stored: 127\.0\.0\.1:\d+: .*certificate verify failed.*\(CertificateRefused\)\.$/,
    );
    expect(stderr).not.toContain('attempt 2');
    expect(bodies).toEqual([]);
  });
});

describe('the pace', () => {
  const waits = (rate: number) => `
now, waits = [100.0], []
time.monotonic, time.sleep = (lambda: now[0]), waits.append
pace = Pace(${rate})
for count in (1000, 500): pace.take(count)
now[0] += 10
pace.take(250)
print(json.dumps(waits))`;

  it('lets so many bytes through in a second, and saves up nothing', async () => {
    expect(await givenTransfer({}).print(waits(1000))).toEqual(['[1.0, 1.5, 0.25]']);
  });

  it('has no limit when none is set', async () => {
    expect(await givenTransfer({}).print(waits(0))).toEqual(['[]']);
  });
});

/** A server that answers with a text, with a refusal, or with 404 for nothing. */
async function served(answer: (request: IncomingMessage) => string | { status: number; text: string } | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const found = answer(request);
    const { status, text } = typeof found === 'string' ? { status: 200, text: found } : (found ?? { status: 404, text: '' });
    response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
