// Pages of lists (nextToken, pageSize): a token is sealed to account, region and operation.
import { accountOf } from '../access/caller-account.ts'
import { pageToken, placeIn } from '../access/page-tokens.ts'
import type { Parts } from '../parts.ts'
import { invalid, type RolesanywhereName, reads } from './define.ts'
import type { Resource } from './records.ts'
import { type Kind, onAny } from './targets.ts'

const usualPage = 100
const largestPage = 1_000

type ListName = Extract<RolesanywhereName, 'ListTrustAnchors' | 'ListProfiles' | 'ListCrls' | 'ListSubjects'>

/** The operation that lists what the account has of a kind, in the region that was signed for. */
export const listing = <K extends ListName, R extends Resource>(
  { store, vault }: Pick<Parts, 'store' | 'vault'>,
  action: K,
  kind: Kind<R>,
  show: (records: readonly R[]) => object,
) => {
  return reads<ListName>()({
    load: (_, call) => accountOf(call),
    checks: (_, account) => [onAny(action, account)],
    handle: async ({ nextToken, pageSize = usualPage }, account, { from: { region } }) => {
      if (pageSize < 1 || pageSize > largestPage) throw invalid(`pageSize must be between 1 and ${largestPage}.`)
      const list = { vault, account, record: `marker:${action}`, field: region }
      const after = placeIn(list, nextToken, () => invalid('Invalid nextToken.'))
      const range = { prefix: [account, region], limit: pageSize, ...(after && { after }) }
      const { items, next } = await store.list(kind.collection, 'key', range)
      const more = pageToken(list, next)
      return { ...show(items), ...(more && { nextToken: more }) }
    },
  })
}
