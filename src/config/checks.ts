// What single settings mean beyond their kind, each as what is wrong with a text, in words for the operator.
import { hostPattern } from '../core/host-name.ts'
import { masterKeyProblem } from '../core/master-key.ts'
import { quotaProblem } from '../core/quotas.ts'
import { rangeProblem, readProxyRange } from '../core/range-text.ts'
import { accountIdProblem, rootKeyIdProblem, rootSecretProblem } from '../core/root-key.ts'
import { readPublicUrl } from './public-url.ts'

/** Undefined: nothing. A secret's value is never in it. */
export type Check = (text: string) => string | undefined

export const checks = {
  publicUrl(text) {
    const read = readPublicUrl(text)
    return 'problem' in read ? read.problem : undefined
  },
  apiName: (text) => (hostPattern(text) === undefined ? `${text} is not a host name` : undefined),
  // AWS's are of lower case; other services' (`RegionOne`) are signed for as well.
  region: (text) => (/^[A-Za-z0-9][\w-]{0,63}$/.test(text) ? undefined : `${text} is not the name of a region`),
  // The text is not repeated: a URL can hold a password.
  storeUrl: (text) =>
    /^[a-z][a-z0-9+.-]*:/.test(text) ? undefined : 'must begin with the kind of store and a colon, as `sqlite:`',
  proxy(text) {
    const read = readProxyRange(text)
    return 'invalid' in read ? read.invalid : undefined
  },
  quota: quotaProblem,
  range: rangeProblem,
  masterKey: masterKeyProblem,
  accountId: accountIdProblem,
  rootKeyId: (text) => rootKeyIdProblem(text),
  rootSecret: rootSecretProblem,
} as const satisfies Readonly<Record<string, Check>>
