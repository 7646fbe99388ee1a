import { describe, expect, it } from 'vitest';
import { givenAws } from '../../fixtures/aws.ts';

const calls = () => import('../../../lambdas/aws/s3.ts');
const page = (element: string, content: string) => `<${element} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${element}>`;
const upload = (key: string) => `<Upload><Key>${key}</Key><Initiated>2026-11-22T10:30:00.000Z</Initiated></Upload>`;

describe('listing objects', () => {
  it('names those of every page, with their sizes', async () => {
    const object = (key: string, bytes: number) => `<Contents><Key>${key}</Key><Size>${bytes}</Size></Contents>`;
    const first = `<IsTruncated>true</IsTruncated><NextContinuationToken>next</NextContinuationToken>${object('a/1', 7)}`;
    const requests = await givenAws(page('ListBucketResult', first), page('ListBucketResult', object('a/2', 0)));
    const { listObjects } = await calls();

    const listed = await listObjects('backups')('a/');

    expect(listed).toEqual([
      { key: 'a/1', bytes: 7 },
      { key: 'a/2', bytes: 0 },
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
      { key: 'a/1', initiated },
      { key: 'a/2', initiated },
    ]);
    expect(requests.map(({ url = '' }) => new URL(url, 'http://s3').searchParams.get('key-marker'))).toEqual([null, 'a/1']);
    expect(requests[1]?.url).toContain('upload-id-marker=u-1');
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
