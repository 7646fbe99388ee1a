import { describe, expect, it } from 'vitest';
import { givenAws } from '../../fixtures/aws.ts';

const calls = () => import('../../../lambdas/aws/s3.ts');
const page = (element: string, content: string) => `<${element} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${element}>`;
const upload = (key: string) =>
  `<Upload><Key>${key}</Key><UploadId>of ${key}</UploadId><Initiated>2026-11-22T10:30:00.000Z</Initiated></Upload>`;

describe('listing objects', () => {
  it('names those of every page, with their sizes and times', async () => {
    const object = (key: string, bytes: number) =>
      `<Contents><Key>${key}</Key><Size>${bytes}</Size><LastModified>2026-11-22T10:30:0${bytes}.000Z</LastModified></Contents>`;
    const first = `<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>${object('a/1', 7)}`;
    const requests = await givenAws(page('ListBucketResult', first), page('ListBucketResult', object('a/2', 0)));
    const { listObjects } = await calls();

    const listed = await listObjects('backups')('a/');

    expect(listed).toEqual([
      { key: 'a/1', bytes: 7, lastModified: new Date('2026-11-22T10:30:07.000Z') },
      { key: 'a/2', bytes: 0, lastModified: new Date('2026-11-22T10:30:00.000Z') },
    ]);
    expect(requests[1]?.url).toContain('continuation-token=next');
  });
});

describe('listing multipart uploads', () => {
  it('names those of every page, with the time of their beginning', async () => {
    const first = `<IsTruncated>true</IsTruncated><NextKeyMarker>a/1</NextKeyMarker><NextUploadIdMarker>u-1</NextUploadIdMarker>${upload('a/1')}`;
    const requests = await givenAws(page('ListMultipartUploadsResult', first), page('ListMultipartUploadsResult', upload('a/2')));
    const { listUploads } = await calls();

    const uploads = await listUploads('backups')('a/');

    const initiated = new Date('2026-11-22T10:30:00Z');
    expect(uploads).toEqual([
      { key: 'a/1', uploadId: 'of a/1', initiated },
      { key: 'a/2', uploadId: 'of a/2', initiated },
    ]);
    expect(requests.map(({ url = '' }) => new URL(url, 'http://s3').searchParams.get('key-marker'))).toEqual([null, 'a/1']);
    expect(requests[1]?.url).toContain('upload-id-marker=u-1');
  });
});

describe('reading how an object is locked', () => {
  const until = '2027-03-01T00:00:00Z';
  const retention = page('Retention', `<Mode>COMPLIANCE</Mode><RetainUntilDate>${until}</RetainUntilDate>`);
  const hold = (status: string) => page('LegalHold', `<Status>${status}</Status>`);
  const error = (code: string, message: string) => `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const none = `404 ${error('NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration')}`;
  const unlockable = `400 ${error('InvalidRequest', 'Bucket is missing Object Lock Configuration')}`;

  it.each([
    ['both', [retention, hold('ON')], { until: new Date(until), legalHold: true }],
    ['a retention', [retention, none], { until: new Date(until), legalHold: false }],
    ['a hold that was taken off', [none, hold('OFF')], { until: undefined, legalHold: false }],
    ['nothing', [none, none], { until: undefined, legalHold: false }],
    ['a bucket without Object Lock', [unlockable, unlockable], { until: undefined, legalHold: false }],
  ])('finds %s', async (_what, answers, lock) => {
    await givenAws(...answers);
    const { readLock } = await calls();

    expect(await readLock('backups')('a/1')).toEqual(lock);
  });

  it.each([
    ['AccessDenied', `403 ${error('AccessDenied', 'Access Denied')}`],
    ['InvalidRequest', `400 ${error('InvalidRequest', 'Something else')}`],
  ])('takes %s not for the absence of a lock', async (name, answer) => {
    await givenAws(answer);
    const { readLock } = await calls();

    await expect(readLock('backups')('a/1')).rejects.toMatchObject({ name });
  });
});

describe('ending an upload', () => {
  const error = (code: string) => `<Error><Code>${code}</Code><Message>as told</Message></Error>`;
  const pending = { key: 'a/1', uploadId: 'u-1', initiated: new Date() };

  it('names key and upload, and takes one that has ended already for ended', async () => {
    const requests = await givenAws('204 ', `404 ${error('NoSuchUpload')}`);
    const { abortUpload } = await calls();

    await abortUpload('backups')(pending);
    await abortUpload('backups')(pending);

    expect(requests.map(({ method, url = '' }) => [method, new URL(url, 'http://s3').searchParams.get('uploadId')])).toEqual([
      ['DELETE', 'u-1'],
      ['DELETE', 'u-1'],
    ]);
  });

  it('fails when S3 does not end it', async () => {
    await givenAws(`403 ${error('AccessDenied')}`);
    const { abortUpload } = await calls();

    await expect(abortUpload('backups')(pending)).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

describe('removing objects', () => {
  it('removes no version: S3 puts a delete marker on each', async () => {
    const requests = await givenAws(page('DeleteResult', ''));
    const { removeObjects } = await calls();

    await removeObjects('backups')(['a/1', 'a/2']);

    expect(requests[0]?.body).toContain('<Object><Key>a/1</Key></Object><Object><Key>a/2</Key></Object>');
  });

  it('fails by name when S3 leaves one where it is', async () => {
    const error = '<Error><Key>a/2</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
    await givenAws(page('DeleteResult', error));
    const { removeObjects } = await calls();

    await expect(removeObjects('backups')(['a/1', 'a/2'])).rejects.toThrow('Not deleted: a/2 (AccessDenied: Access Denied).');
  });
});

describe('listing versions', () => {
  const entry = (element: string, key: string, versionId: string, isLatest: boolean, more = '') =>
    `<${element}><Key>${key}</Key><VersionId>${versionId}</VersionId><IsLatest>${isLatest}</IsLatest>` +
    `<LastModified>2026-11-22T10:30:00.000Z</LastModified>${more}</${element}>`;
  const lastModified = new Date('2026-11-22T10:30:00Z');

  it('tells delete markers from content, also from content without bytes', async () => {
    const both = entry('DeleteMarker', 'a', 'v2', true) + entry('Version', 'a', 'v1', false, '<Size>0</Size>');
    const requests = await givenAws(page('ListVersionsResult', `<IsTruncated>false</IsTruncated>${both}`));
    const { listVersions } = await calls();

    const listed = await listVersions('blocks', 'hops/')(undefined);

    expect(listed).toEqual({
      versions: [
        { key: 'a', versionId: 'v1', lastModified, isLatest: false, bytes: 0 },
        { key: 'a', versionId: 'v2', lastModified, isLatest: true, bytes: undefined },
      ],
      next: undefined,
    });
    expect(requests[0]?.url).toContain('prefix=hops%2F');
  });

  it('says where the next page begins, and asks for it', async () => {
    const first = '<IsTruncated>true</IsTruncated><NextKeyMarker>a%2Bb+c</NextKeyMarker><NextVersionIdMarker>v7</NextVersionIdMarker>';
    const requests = await givenAws(page('ListVersionsResult', first), page('ListVersionsResult', ''), page('ListVersionsResult', ''));
    const { listVersions } = await calls();
    const list = listVersions('blocks', '');

    const { next } = await list(undefined);
    await list(next);
    await list({ key: 'd' });

    const markers = requests.map(({ url = '' }) => new URL(url, 'http://s3').searchParams);
    expect(next).toEqual({ key: 'a+b c', versionId: 'v7' });
    expect(markers.map((query) => query.get('key-marker'))).toEqual([null, 'a+b c', 'd']);
    expect(markers.map((query) => query.get('version-id-marker'))).toEqual([null, 'v7', null]);
  });

  it.each([
    ['content without its size', entry('Version', 'a', 'v1', true)],
    ['more, but not where', '<IsTruncated>true</IsTruncated>'],
  ])('fails rather than guess when S3 tells of %s', async (_what, content) => {
    await givenAws(page('ListVersionsResult', content));
    const { listVersions } = await calls();

    await expect(listVersions('blocks', '')(undefined)).rejects.toThrow('incompletely');
  });
});

describe('removing versions', () => {
  it('names each version, and tells which S3 has kept', async () => {
    const error = '<Error><Key>a/2</Key><VersionId>v2</VersionId><Code>SlowDown</Code><Message>Reduce</Message></Error>';
    const requests = await givenAws(page('DeleteResult', error));
    const { removeVersions } = await calls();

    const left = await removeVersions('blocks')([
      { key: 'a/1', versionId: 'v1' },
      { key: 'a/2', versionId: 'v2' },
    ]);

    expect(left).toEqual([{ key: 'a/2', versionId: 'v2', reason: 'SlowDown: Reduce' }]);
    expect(requests[0]?.body).toContain('<Object><Key>a/1</Key><VersionId>v1</VersionId></Object>');
  });
});

describe('the rules of a bucket', () => {
  const error = (code: string) => `<Error><Code>${code}</Code><Message>x</Message></Error>`;

  it('are none when it has no lifecycle', async () => {
    await givenAws(`404 ${error('NoSuchLifecycleConfiguration')}`);
    const { readLifecycleRules } = await calls();

    expect(await readLifecycleRules('blocks')).toEqual([]);
  });

  it('are not none when they may not be read', async () => {
    await givenAws(`403 ${error('AccessDenied')}`);
    const { readLifecycleRules } = await calls();

    await expect(readLifecycleRules('blocks')).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('are read with its versioning', async () => {
    const rule =
      '<Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix>p</Prefix></Filter><Expiration><Days>3</Days></Expiration></Rule>';
    await givenAws(page('LifecycleConfiguration', rule), page('VersioningConfiguration', '<Status>Enabled</Status>'));
    const { readLifecycleRules, readVersioning } = await calls();

    expect(await readLifecycleRules('blocks')).toEqual([
      { ID: 'old', Status: 'Enabled', Filter: { Prefix: 'p' }, Expiration: { Days: 3 } },
    ]);
    expect(await readVersioning('blocks')).toBe('Enabled');
  });
});
