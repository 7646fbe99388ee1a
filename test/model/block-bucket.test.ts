import { describe, expect, it } from 'vitest';
import { type BucketBehaviour, dangers, type LifecycleRule } from '../../model/block-bucket.ts';

const DAYS = 403;
const rule = (settings: Partial<LifecycleRule>): LifecycleRule => ({ ID: 'tidy', Status: 'Enabled', ...settings });
const dangersOf = (behaviour: Partial<BucketBehaviour>, prefix = 'blocks/') =>
  dangers({ versioning: 'Enabled', rules: [], ...behaviour }, { prefix }, DAYS);

describe('a block bucket', () => {
  it.each<[string, LifecycleRule[]]>([
    ['without rules', []],
    ['that keeps noncurrent versions as long as backups refer to them', [rule({ NoncurrentVersionExpiration: { NoncurrentDays: DAYS } })]],
    ['whose rule that expires objects is disabled', [rule({ Status: 'Disabled', Expiration: { Days: 1 } })]],
    ['whose rule that expires objects is for another prefix', [rule({ Filter: { Prefix: 'logs/' }, Expiration: { Days: 1 } })]],
    ['whose rule of the old form is for another prefix', [rule({ Prefix: 'logs/', Expiration: { Days: 1 } })]],
    ['whose rule of another prefix and a tag', [rule({ Filter: { And: { Prefix: 'logs/' } }, Expiration: { Days: 1 } })]],
    [
      'that removes delete markers without versions',
      [rule({ Expiration: { ExpiredObjectDeleteMarker: true } as LifecycleRule['Expiration'] })],
    ],
  ])('%s is safe', (_what, rules) => {
    expect(dangersOf({ rules })).toEqual([]);
  });

  it.each([
    ['off', undefined],
    ['Suspended', 'Suspended'],
  ])('with versioning %s is not safe', (found, versioning) => {
    expect(dangersOf({ versioning })).toEqual([`versioning is ${found} instead of Enabled`]);
  });

  it.each<[string, Partial<LifecycleRule>]>([
    ['the whole bucket', {}],
    ['an empty filter', { Filter: {} }],
    ['the empty prefix of the old form', { Prefix: '' }],
    ['the prefix of the blocks', { Filter: { Prefix: 'blocks/' } }],
    ['a shorter prefix', { Filter: { Prefix: 'bl' } }],
    ['a part of the blocks', { Filter: { Prefix: 'blocks/17/' } }],
    ['a tag, which a block may have', { Filter: { Tag: { Key: 'k', Value: 'v' } } as LifecycleRule['Filter'] }],
    ['large objects of the prefix', { Filter: { And: { Prefix: 'blocks/', ObjectSizeGreaterThan: 1 } as { Prefix: string } } }],
  ])('with a rule for %s that expires current objects is not safe', (_what, scope) => {
    expect(dangersOf({ rules: [rule({ ...scope, Expiration: { Days: 90 } })] })).toEqual([
      'rule tidy expires current objects after 90 days',
    ]);
  });

  it('of which all objects are blocks is not safe with a rule for any prefix', () => {
    expect(dangersOf({ rules: [rule({ Filter: { Prefix: 'x/' }, Expiration: { Days: 9 } })] }, '')).toHaveLength(1);
  });

  it('is told every rule and number at once', () => {
    const rules = [
      rule({ ID: 'a', Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: DAYS - 1 } }),
      rule({ ID: undefined, Expiration: { Date: new Date('2027-05-01T00:00:00Z') } }),
    ];

    expect(dangersOf({ versioning: undefined, rules })).toEqual([
      'versioning is off instead of Enabled',
      'rule a expires current objects after 1 days',
      'rule a removes noncurrent versions after 402 days, but backups refer to them for up to 403',
      'rule without ID expires current objects on 2027-05-01',
    ]);
  });

  it('is not safe because some newer versions stay: a block has one version', () => {
    const rules = [rule({ NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 5 } as { NoncurrentDays: number } })];

    expect(dangersOf({ rules })).toHaveLength(1);
  });
});
