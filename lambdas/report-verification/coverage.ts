import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Verified } from './report-verification.ts';

/** A part that nobody looked at is not whole: every directory and every storage was read once, with all its objects. Errors: `NodeOutputInvalid`. */
export function requireEverything({ receipts, metadata, storages }: Manifest, { checked: { depth }, rondb, blocks }: Verified): void {
  const nodes = rondb.flatMap(({ answer }) => answer.nodes);
  const expected = depth === 'objects' ? [] : receipts;
  same(
    nodes.map(({ nodeId }) => nodeId),
    expected.map(({ nodeId }) => nodeId),
    'the directories of RonDB nodes',
  );
  const read = nodes.reduce((total, { objects }) => total + objects, 0);
  const files = expected.reduce((total, receipt) => total + receipt.files.length, expected.length > 0 ? metadata.length : 0);
  if (read !== files) throw new DrError('NodeOutputInvalid', `${read} objects were read of ${files}.`);
  same(
    blocks.flatMap(({ answer }) => answer.storages.map(({ storageId }) => storageId)),
    storages.map(({ storageId }) => storageId),
    'the HopsFS storages',
  );
}

function same(found: readonly (string | number)[], expected: readonly (string | number)[], what: string): void {
  const [a, b] = [found, expected].map((ids) => ids.map(String).sort().join(', '));
  if (a !== b) throw new DrError('NodeOutputInvalid', `Verified were ${what} ${a || 'none'}, of ${b || 'none'}.`);
}
