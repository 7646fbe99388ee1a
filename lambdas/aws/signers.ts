// Stand in for the SDK's signers of requests to several regions and to directory buckets in the bundles: no Lambda sends any. The one
// that signs for a single region comes with the SDK.
import { SignatureV4 } from '@smithy/signature-v4';

export class SignatureV4MultiRegion extends SignatureV4 {
  static readonly sigv4aDependency = () => 'none';
}

export { SignatureV4 as SignatureV4SignWithCredentials };
