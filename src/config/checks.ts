// What the value of a single setting must satisfy beyond its kind. Each check returns a sentence for the operator.
import { hostPattern } from '../core/host-name.ts'
import { masterKeyProblem } from '../core/master-key.ts'
import { quotaProblem } from '../core/quotas.ts'
import { rangeProblem, readProxyRange } from '../core/range-text.ts'
import { accountIdProblem, rootKeyIdProblem, rootSecretProblem } from '../core/root-key.ts'
import { readPublicUrl } from './public-url.ts'

/** What is wrong with a value; undefined when nothing is. A secret's value is never in the sentence. */
export type Check = (text: string) => string | undefined

export const checks = {
  publicUrl(text) {
    const read = readPublicUrl(text)
    return 'problem' in read ? read.problem : undefined
  },
  issuerUrl(text) {
    const read = readPublicUrl(text)
    if ('problem' in read) return read.problem
    return /^https:/.test(text) && text.length <= 255
      ? undefined
      : `${text} is not an https URL of at most 255 characters`
  },
  apiName: (text) => (hostPattern(text) === undefined ? `${text} is not a host name` : undefined),
  // AWS's regions are lower case; clients also sign for those of other products (`RegionOne`).
  region: (text) => (/^[A-Za-z0-9][\w-]{0,63}$/.test(text) ? undefined : `${text} is not the name of a region`),
  // The sentence does not repeat the value: a URL can contain a password.
  storeUrl: (text) =>
    /^[a-z][a-z0-9+.-]*:/.test(text) ? undefined : 'must begin with the kind of store and a colon, such as `sqlite:`',
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
